import { z } from 'zod'
import { silent } from './effect.ts'
import { type Direction, direction, streamsOf, toxicFault } from './link-fault.ts'

/**
 * NOTE: a close passes where nothing is held before it, and a further toxic on the same way lets one held chunk through: Toxiproxy
 * flushes what it holds when its chain changes. Nothing is lost either way.
 */
export const hold = toxicFault({
  name: 'hold',
  describe: {
    en: 'Holds back what goes over the link; healing lets it through, nothing is lost and nothing is closed.',
    zh: '扣住链路上的数据；恢复后放行，不丢数据，也不断开连接。',
  },
  params: z.strictObject({ direction: direction().default('both') }),
  showsWithinMs: 10_000,
  toxics: (params) => held(params.direction),
  seen: () => silent,
})

export function held(which: Direction) {
  return streamsOf(which).map(
    (stream) => ({ type: 'bandwidth', stream, toxicity: 1, attributes: { rate: 0 } }) as const,
  )
}
