import { median } from './claim.ts'

const blocks = 9

/** Microseconds of one call of `task`, which does `calls` of them: the median of nine blocks, after two that warm up. */
export function microseconds(calls: number, task: () => void): number {
  const times: number[] = []
  for (let block = -2; block < blocks; block++) {
    const began = performance.now()
    task()
    if (block >= 0) times.push(((performance.now() - began) * 1000) / calls)
  }
  return median(times)
}

/** Where results go, so that no compiler may leave out the work that made them. */
export const kept: { value: unknown } = { value: undefined }
