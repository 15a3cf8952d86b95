import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** How late the event loop was since the last report. */
export type LoopReport = {
  /** Seconds a timer came late: median, the worst one in a hundred, the worst. */
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** Share of the time the loop was not idle, 0 … 1. */
  readonly busy: number
}

export type LoopWatch = { readonly report: () => LoopReport; readonly stop: () => void }

/** Half of it is the error of the median; 50 timers a second cost nothing that shows. */
const resolutionMs = 20

/**
 * Watches this process's loop. NOTE: node's histogram holds the interval between two ticks of a timer, the timer's own
 * period included: it is taken off here. A loop that stands still makes one long interval, not many.
 */
export function watchLoop(): LoopWatch {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  let since = performance.eventLoopUtilization()
  const seconds = (nanoseconds: number): number =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - resolutionMs / 1000) : 0
  return {
    report: () => {
      const now = performance.eventLoopUtilization()
      const report = {
        p50: seconds(delay.percentile(50)),
        p99: seconds(delay.percentile(99)),
        max: delay.count === 0 ? 0 : seconds(delay.max),
        busy: performance.eventLoopUtilization(now, since).utilization,
      }
      since = now
      delay.reset()
      return report
    },
    stop: () => {
      delay.disable()
    },
  }
}
