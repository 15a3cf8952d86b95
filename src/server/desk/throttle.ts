import type { Clock } from '../../core/clock.ts'

/** Runs `task` after it was asked for: `leadMs` later, and never sooner than `minMs()` after the last run. */
export type Throttle = { readonly ask: () => void; readonly stop: () => void }

export function createThrottle(
  clock: Clock,
  leadMs: number,
  minMs: () => number,
  task: () => void,
): Throttle {
  let lastRun = -Infinity
  let cancel: (() => void) | undefined
  let stopped = false
  return {
    ask: () => {
      if (cancel !== undefined || stopped) return
      const now = clock.monotonic()
      cancel = clock.after(Math.max(leadMs, lastRun + minMs() - now), () => {
        cancel = undefined
        lastRun = clock.monotonic()
        task()
      })
    },
    stop: () => {
      stopped = true
      cancel?.()
      cancel = undefined
    },
  }
}
