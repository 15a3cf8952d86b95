import { z } from 'zod'
import { bytes } from '../../yaml/values.ts'
import { throttled } from './effect.ts'
import { direction, streamsOf, toxicFault } from './link-fault.ts'

/** Each connection by itself is held to the rate, each way by itself. Above 1 MiB/s a probe could not tell it from an idle link. */
export const bandwidth = toxicFault({
  name: 'bandwidth',
  describe: {
    en: 'Lets no connection over the link have more than rate bytes per second each way.',
    zh: '限制链路上每个连接每个方向每秒最多 rate 字节。',
  },
  params: z.strictObject({
    rate: bytes(1_024, 1_048_576).meta({ description: 'Bytes per second of each connection, each way.' }),
    direction: direction().default('both'),
  }),
  showsWithinMs: 15_000,
  toxics: (params) =>
    streamsOf(params.direction).map((stream) => ({
      type: 'bandwidth',
      stream,
      toxicity: 1,
      attributes: { rate: kilobytes(params.rate) },
    })),
  seen: (params) => throttled(kilobytes(params.rate), params.direction),
})

/** Toxiproxy counts in 1,000 bytes per second. */
function kilobytes(rate: number): number {
  return Math.max(1, Math.round(rate / 1_000))
}
