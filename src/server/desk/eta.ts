/**
 * How long the queue takes: an exponentially weighted mean of the intervals between assignments out of a waiting queue.
 * The clock is the caller's monotonic one, in milliseconds.
 */
export type Eta = {
  /** `waited`: it stood in the queue and was not served at once; only such assignments tell the queue's pace. */
  readonly assigned: (nowMs: number, waited: boolean) => void
  /** An empty queue: the pause until the next one is no interval. */
  readonly emptied: () => void
  /** Seconds until the one at `position` (1 = head) is served; null when unknown. */
  readonly of: (position: number) => number | null
}

const newestWeight = 0.2

export function createEta(): Eta {
  let mean: number | null = null
  let last: number | undefined
  return {
    assigned: (nowMs, waited) => {
      if (!waited) return
      if (last !== undefined) {
        const interval = nowMs - last
        mean = mean === null ? interval : mean + newestWeight * (interval - mean)
      }
      last = nowMs
    },
    emptied: () => {
      last = undefined
    },
    of: (position) => (mean === null ? null : Math.ceil((position * mean) / 1000)),
  }
}
