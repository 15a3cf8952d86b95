/** Time as the program sees it, so that a test can hold it in its hand. */
export type Clock = {
  /** Wall time, milliseconds since the epoch. May step; used for dates only. */
  readonly now: () => number
  /** Monotonic time in milliseconds; used for durations and deadlines. */
  readonly monotonic: () => number
  /** Runs `task` once after `delayMs`; the returned function takes it back. Never keeps the process alive. */
  readonly after: (delayMs: number, task: () => void) => () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs)
    unref(timer)
    return () => {
      clearTimeout(timer)
    }
  },
}

/** A clock that moves only when told; for tests. */
export type ManualClock = Clock & { readonly advance: (ms: number) => void }

/** Starts at `startMs`; `advance` runs what falls due, in order of time. */
export function manualClock(startMs = 1_700_000_000_000): ManualClock {
  let elapsed = 0
  let pending: { readonly at: number; readonly task: () => void }[] = []
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    after: (delayMs, task) => {
      const entry = { at: elapsed + delayMs, task }
      pending.push(entry)
      return () => {
        pending = pending.filter((other) => other !== entry)
      }
    },
    advance: (ms) => {
      const end = elapsed + ms
      for (;;) {
        const next = pending.filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        pending = pending.filter((entry) => entry !== next)
        elapsed = Math.max(elapsed, next.at)
        next.task()
      }
      elapsed = end
    },
  }
}

// A browser's timer is a number and cannot be unreferenced.
function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') {
    timer.unref()
  }
}
