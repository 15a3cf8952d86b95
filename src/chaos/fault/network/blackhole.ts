import { z } from 'zod'
import { silent } from './effect.ts'
import { type Direction, direction, streamsOf, toxicFault } from './link-fault.ts'

/** NOTE: taking the toxic away closes the connections it was on: what they lost cannot come back. */
export const blackhole = toxicFault({
  name: 'blackhole',
  describe: {
    en: 'Loses what goes over the link without a word; healing closes the connections.',
    zh: '无声地丢弃链路上的数据；恢复时断开这些连接。',
  },
  params: z.strictObject({ direction: direction().default('both') }),
  showsWithinMs: 10_000,
  toxics: (params) => lost(params.direction),
  seen: () => silent,
})

export function lost(which: Direction) {
  return streamsOf(which).map(
    (stream) => ({ type: 'timeout', stream, toxicity: 1, attributes: { timeout: 0 } }) as const,
  )
}
