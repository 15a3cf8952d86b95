import { z } from 'zod'
import { milliseconds } from '../../yaml/values.ts'
import { slower } from './effect.ts'
import { direction, streamsOf, toxicFault } from './link-fault.ts'

/**
 * Every chunk waits, in order; `jitter` moves each wait by up to so much either way. Bounded so that a round trip both ways can be seen
 * within one look.
 */
export const latency = toxicFault({
  name: 'latency',
  describe: {
    en: 'Delays what goes over the link by latency ± jitter, each way that direction names.',
    zh: '使链路上的数据按 latency ± jitter 延迟，direction 指明的每个方向各延迟一次。',
  },
  params: z.strictObject({
    latency: milliseconds(1, 3_000).meta({ description: 'How long each chunk waits, each way.' }),
    jitter: milliseconds(0, 1_500)
      .prefault('0s')
      .meta({ description: 'By how much a wait may differ, either way.' }),
    direction: direction().default('both'),
  }),
  showsWithinMs: 10_000,
  toxics: (params) =>
    streamsOf(params.direction).map((stream) => ({
      type: 'latency',
      stream,
      toxicity: 1,
      attributes: { latency: params.latency, jitter: params.jitter },
    })),
  seen: (params) =>
    slower(Math.max(1, streamsOf(params.direction).length * (params.latency - params.jitter))),
})
