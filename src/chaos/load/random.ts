/** Uniform numbers in [0, 1) from a seed; the same seed gives the same run. */
export type Random = () => number

/** Bob Jenkins' small fast counter (sfc32), seeded from any number of integers. */
export function seededRandom(...seeds: readonly number[]): Random {
  let a = 0x9e3779b9
  let b = 0x243f6a88
  let c = 0xb7e15162
  let counter = 1
  for (const seed of seeds) {
    a ^= seed >>> 0
    b ^= Math.floor(seed / 2 ** 32) >>> 0
    for (let i = 0; i < 4; i++) step()
  }
  for (let i = 0; i < 12; i++) step()
  return step

  function step(): number {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
}

/** An exponentially distributed interval with the given mean. */
export function exponential(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean
}
