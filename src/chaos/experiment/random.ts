import type { RandomBytes } from '../../core/ids.ts'
import { exponential, type Random } from '../load/random.ts'

/** Bytes for a virtual user's ids and backoff, from a generator of its own. */
export function bytesOf(random: Random): RandomBytes {
  return (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256))
}

export function pick<Item>(items: readonly Item[], random: Random): Item | undefined {
  return items[Math.floor(random() * items.length)]
}

/** So many of them, at random, each at most once. */
export function sample<Item>(items: readonly Item[], count: number, random: Random): readonly Item[] {
  const rest = [...items]
  const taken: Item[] = []
  for (let n = 0; n < count && rest.length > 0; n++) {
    taken.push(...rest.splice(Math.floor(random() * rest.length), 1))
  }
  return taken
}

/** How many events of a Poisson process of so many a second fall due, asked again and again with the time of the moment. */
export function poisson(perSecond: number, random: Random): (now: number) => number {
  let due: number | undefined
  return (now) => {
    if (perSecond <= 0) return 0
    const mean = 1_000 / perSecond
    due ??= now + exponential(random, mean)
    let events = 0
    for (; due <= now; due += exponential(random, mean)) events += 1
    return events
  }
}
