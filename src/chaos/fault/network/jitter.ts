import { z } from 'zod'
import { milliseconds } from '../../yaml/values.ts'
import { uneven } from './effect.ts'
import { direction, streamsOf, toxicFault } from './link-fault.ts'

/**
 * Latency that is not even: the same toxic as `latency`, seen by how round trips differ among each other. A stream keeps its order, so a
 * slow chunk holds up those behind it.
 */
export const jitter = toxicFault({
  name: 'jitter',
  describe: {
    en: 'Delays what goes over the link unevenly: each chunk by anything from latency − jitter to latency + jitter.',
    zh: '使链路上的数据延迟不均：每段数据延迟 latency − jitter 到 latency + jitter 之间的任意时长。',
  },
  params: z.strictObject({
    latency: milliseconds(0, 3_000)
      .prefault('100ms')
      .meta({ description: 'How long a chunk waits on average.' }),
    jitter: milliseconds(10, 1_500).meta({ description: 'By how much waits differ, either way.' }),
    direction: direction().default('both'),
  }),
  showsWithinMs: 15_000,
  toxics: (params) =>
    streamsOf(params.direction).map((stream) => ({
      type: 'latency',
      stream,
      toxicity: 1,
      attributes: { latency: params.latency, jitter: params.jitter },
    })),
  // That eight trips all lie within a quarter of the range happens once in thousands; then it is looked at again.
  seen: (params) => uneven(params.jitter / 2),
})
