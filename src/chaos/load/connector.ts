/**
 * Opens many connections at a bounded rate, with a bound on how many are under way, and says when all are open, or have
 * failed, or the time is up.
 */
export type Connector = {
  /** Starts what is due now; call it every few milliseconds. */
  readonly turn: (now: number) => void
  /** One that was started is usable, or has failed. */
  readonly settled: () => void
}

const mostUnderWay = 400

/** Opens `total` connections by `open(n)`; `done` is called once. */
export function connectAll(
  total: number,
  options: { readonly perSecond: number; readonly now: number; readonly deadline: number },
  open: (n: number) => void,
  done: () => void,
): Connector {
  let started = 0
  let settled = 0
  let finished = false
  const finish = (): void => {
    if (finished) return
    finished = true
    done()
  }
  return {
    turn: (now) => {
      if (finished) return
      const due = Math.min(total, Math.ceil(((now - options.now) * options.perSecond) / 1000))
      while (started < due && started - settled < mostUnderWay) {
        open(started)
        started += 1
      }
      if (now >= options.deadline || settled >= total) finish()
    },
    settled: () => {
      settled += 1
      if (settled >= total) finish()
    },
  }
}
