/** The pause before a child that died is started again, and for how long it must run to be forgiven. */
export const restartBounds = { firstMs: 0, stepMs: 100, maxMs: 5_000, forgivenAfterMs: 30_000 } as const

/** At once after the first death, then 100 ms, 200 ms, 400 ms … 5 s. `deaths` counts those since it last ran long enough. */
export function restartDelayMs(deaths: number): number {
  if (deaths <= 1) return restartBounds.firstMs
  return Math.min(restartBounds.maxMs, restartBounds.stepMs * 2 ** (deaths - 2))
}
