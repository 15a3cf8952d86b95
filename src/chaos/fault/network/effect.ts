import type { Clock } from '../../../core/clock.ts'
import type { TopologyLink } from '../../topology/topology.ts'
import { type Exchange, elapsed, exchange, type Work } from './probe.ts'

/** What faults are seen by: exchanges through the link, beside the same past it. */
export type Sight = {
  readonly link: TopologyLink
  readonly clock: Clock
  /** A round trip through the link before the fault, where nothing can be reached past it; undefined: it can be. */
  readonly beforeMs: number | undefined
}

/** Each gives the proof, or undefined where nothing was to be seen this time. */
export type Seen = (sight: Sight) => Promise<string | undefined>

const single: Work = { requests: 1, padding: 0 }
/** An answer that is not there by then is not on its way. */
const leastQuietMs = 500
const quietTimes = 5
const patienceMs = 3_000
const beforeWithinMs = 1_000
/** Below the 10 s that one look may take in all. */
const longPatienceMs = 8_000
const jitterTrips = 8
/** What timers and scheduling may shave off. */
const mostOf = 0.8
const betweenTriesMs = 20

/** For `Sight`: what to compare with while the fault holds. */
export async function beforeOf(link: TopologyLink, clock: Clock): Promise<number | undefined> {
  const past = await exchange(link.upstream, clock, elapsed(clock, beforeWithinMs))
  if (past.end === 'answered') return undefined
  const through = await exchange(link.listen, clock, elapsed(clock, beforeWithinMs))
  return through.end === 'answered' ? through.ms : undefined
}

/** The same work takes at least so much longer through the link than past it. */
export function slower(atLeastMs: number, work: Work = single): Seen {
  return async (sight) => {
    const control = await pastMs(sight, work)
    const through = await exchange(sight.link.listen, sight.clock, elapsed(sight.clock, longPatienceMs), work)
    if (control === undefined || through.end !== 'answered') return undefined
    return through.ms - control.ms >= mostOf * atLeastMs
      ? `${told(through.ms)} through the link, ${told(control.ms)} ${control.where}`
      : undefined
  }
}

/** Round trips begun together differ by at least so much, and the longest by as much from one past the link. */
export function uneven(atLeastMs: number): Seen {
  return async (sight) => {
    const { link, clock } = sight
    const control = await pastMs(sight, single)
    const all = await Promise.all(
      Array.from({ length: jitterTrips }, () => exchange(link.listen, clock, elapsed(clock, longPatienceMs))),
    )
    const trips = all.filter(({ end }) => end === 'answered').map(({ ms }) => ms)
    if (control === undefined || trips.length < 2) return undefined
    const [least, most] = [Math.min(...trips), Math.max(...trips)]
    return most - least >= atLeastMs && most - control.ms >= atLeastMs
      ? `${trips.length} round trips of ${told(least)} to ${told(most)} through the link, ${told(control.ms)} ${control.where}`
      : undefined
  }
}

/** Connected and open, and not a byte comes, while the same past the link is answered. */
export const silent: Seen = async (sight) => {
  const { link, clock } = sight
  const from = clock.monotonic()
  const { promise: giveUp, resolve: stop } = Promise.withResolvers<undefined>()
  const asked = exchange(link.listen, clock, giveUp)
  const control = await pastMs(sight, single)
  const quietMs = Math.max(leastQuietMs, quietTimes * (control?.ms ?? 0))
  await elapsed(clock, Math.max(0, quietMs - (clock.monotonic() - from)))
  stop(undefined)
  const { end, gotBytes, ms } = await asked
  if (control === undefined || end !== 'silent' || gotBytes > 0) return undefined
  return `an open connection got no byte in ${told(ms)} through the link; ${told(control.ms)} ${control.where}`
}

/** Connections end like this, of those that the fault draws. */
export function endsAs(how: 'reset' | 'closed' | 'refused', withinMs: number): Seen {
  const words = { reset: 'was reset', closed: 'was closed', refused: 'was refused' } as const
  return async (sight) => {
    const { link, clock } = sight
    // A node that is gone has its connections closed as well.
    if (how === 'closed' && (await pastMs(sight, single)) === undefined) return undefined
    const deadline = clock.monotonic() + Math.min(withinMs + patienceMs, longPatienceMs)
    for (let tries = 1; clock.monotonic() < deadline; tries++) {
      const { end, ms, gotBytes } = await exchange(link.listen, clock, elapsed(clock, longPatienceMs))
      if (end === how) {
        const got = gotBytes === 0 ? '' : ` after ${gotBytes} bytes`
        return `a connection through the link ${words[how]}${got}, after ${told(ms)} (${tries} tried)`
      }
      await elapsed(clock, betweenTriesMs)
    }
    return undefined
  }
}

/** The answer comes in several pieces, where past the link it is one. */
export const sliced: Seen = async ({ link, clock }) => {
  const through = await exchange(link.listen, clock, elapsed(clock, longPatienceMs))
  const past = await exchange(link.upstream, clock, elapsed(clock, patienceMs))
  const control = past.end === 'answered' ? past.pieces : 1
  return through.end === 'answered' && through.pieces > control + 1
    ? `an answer came in ${through.pieces} pieces through the link, in ${control} past it`
    : undefined
}

/** A connection is closed once so many bytes went one way. */
export function closedAfter(bytes: number, direction: 'up' | 'down'): Seen {
  return async (sight) => {
    const { link, clock } = sight
    if ((await pastMs(sight, single)) === undefined) return undefined
    const volume = await volumeFor(link, clock, bytes + 1, direction)
    if (volume === undefined) return undefined
    const { end, gotBytes } = await exchange(link.listen, clock, elapsed(clock, longPatienceMs), volume)
    const tooMuch = direction === 'down' && gotBytes > bytes
    return (end === 'closed' || end === 'reset') && !tooMuch
      ? `a connection through the link was closed, ${gotBytes} bytes after its begin`
      : undefined
  }
}

/** The other end of a connection comes at least so much later than past the link. */
export function closesLate(atLeastMs: number): Seen {
  return async ({ link, clock }) => {
    const work: Work = { ...single, close: true }
    const past = await exchange(link.upstream, clock, elapsed(clock, patienceMs), work)
    const through = await exchange(link.listen, clock, elapsed(clock, longPatienceMs), work)
    if (through.closeMs === undefined) return undefined
    return through.closeMs - (past.closeMs ?? 0) >= mostOf * atLeastMs
      ? `a connection through the link took ${told(through.closeMs)} to close, ${told(past.closeMs ?? 0)} past it`
      : undefined
  }
}

/** Bytes at this rate take as long as they must; the volume is what shows well within a second. */
export function throttled(kilobytesPerSecond: number, direction: 'up' | 'down' | 'both'): Seen {
  return async (sight) => {
    const bytes = Math.max(leastVolume, kilobytesPerSecond * throttledForMs)
    const way = direction === 'up' ? 'up' : 'down'
    const work = await volumeFor(sight.link, sight.clock, bytes, way)
    return work === undefined ? undefined : await slower(bytes / kilobytesPerSecond, work)(sight)
  }
}

const leastVolume = 1_024
const throttledForMs = 300
/** Servers take 16 KiB of headers. */
const mostPadding = 8_192

// Upwards a few requests with filler; downwards as many as there must be, by the size of one answer.
async function volumeFor(
  link: TopologyLink,
  clock: Clock,
  bytes: number,
  direction: 'up' | 'down',
): Promise<Work | undefined> {
  if (direction === 'up') {
    const requests = Math.ceil(bytes / mostPadding)
    return { requests, padding: Math.ceil(bytes / requests) }
  }
  const answer =
    (await answered(link.upstream, clock, single)) ?? (await answered(link.listen, clock, single))
  return answer === undefined ? undefined : { requests: Math.ceil(bytes / answer.gotBytes), padding: 0 }
}

type Control = { readonly ms: number; readonly where: 'past it' | 'before' }

async function pastMs({ link, clock, beforeMs }: Sight, work: Work): Promise<Control | undefined> {
  if (beforeMs !== undefined) return { ms: beforeMs, where: 'before' }
  const found = await answered(link.upstream, clock, work)
  return found === undefined ? undefined : { ms: found.ms, where: 'past it' }
}

async function answered(address: string, clock: Clock, work: Work): Promise<Exchange | undefined> {
  const found = await exchange(address, clock, elapsed(clock, patienceMs), work)
  return found.end === 'answered' ? found : undefined
}

function told(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}
