import { z } from 'zod'
import { silent } from './effect.ts'
import { type Direction, direction, holdMs, streamsOf, toxicFault } from './link-fault.ts'

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

/**
 * NOTE: not `bandwidth` with rate 0, which holds as well: Toxiproxy 2.12.0 panics (bandwidth.go:46, slice bounds) when its rate is
 * raised while it holds a chunk, as healing does to let it flow.
 */
export function held(which: Direction) {
  return streamsOf(which).map(
    (stream) =>
      ({ type: 'latency', stream, toxicity: 1, attributes: { latency: holdMs, jitter: 0 } }) as const,
  )
}
