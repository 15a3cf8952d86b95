import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js'

/**
 * Latencies in log-linear buckets: 512 to each power of two of microseconds, so a value is kept to 0.2 %, up to 134 s.
 *
 * Own code because a record stands on the generator's hot path: it is an array increment, where hdr-histogram-js took
 * several times that. Its plain array merges across processes; `hdr` turns it into the standard encoding for the raw results.
 */
export class LatencyHistogram {
  readonly counts: Uint32Array
  #sumMs = 0

  constructor(counts: Uint32Array = new Uint32Array(bucketCount), sumMs = 0) {
    this.counts = counts
    this.#sumMs = sumMs
  }

  /** Counts a latency in milliseconds; below zero counts as zero. */
  record(ms: number): void {
    const us = ms <= 0 ? 0 : Math.min(Math.round(ms * 1000), largestUs)
    const bucket = bucketOf(us)
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
    this.#sumMs += us / 1000
  }

  get sumMs(): number {
    return this.#sumMs
  }

  get total(): number {
    let total = 0
    for (const count of this.counts) total += count
    return total
  }

  /** Exact mean in milliseconds, or null when empty. */
  get meanMs(): number | null {
    const total = this.total
    return total === 0 ? null : this.#sumMs / total
  }

  /** The smallest bucket's middle, in milliseconds, at or below which a share `quantile` (0..1) of the values lies; null when empty. */
  quantileMs(quantile: number): number | null {
    const total = this.total
    if (total === 0) return null
    const rank = Math.max(1, Math.ceil(total * quantile))
    let seen = 0
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      seen += this.counts[bucket] ?? 0
      if (seen >= rank) return middleUs(bucket) / 1000
    }
    return null
  }

  add(other: LatencyHistogram): void {
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      this.counts[bucket] = (this.counts[bucket] ?? 0) + (other.counts[bucket] ?? 0)
    }
    this.#sumMs += other.#sumMs
  }

  clear(): void {
    this.counts.fill(0)
    this.#sumMs = 0
  }

  /** HdrHistogram's V2 compressed encoding in base64; values in microseconds, three significant digits. */
  hdr(): string {
    const histogram = build({
      bitBucketSize: 32,
      lowestDiscernibleValue: 1,
      highestTrackableValue: 2 * largestUs,
      numberOfSignificantValueDigits: 3,
    })
    for (const [bucket, count] of this.counts.entries()) {
      if (count > 0) histogram.recordValueWithCount(Math.round(middleUs(bucket)), count)
    }
    return encodeIntoCompressedBase64(histogram)
  }
}

const subBits = 9
const sub = 1 << subBits
const largestUs = 2 ** 27 - 1
const bucketCount = (27 - subBits + 1) * sub

// The first 512 buckets are exact microseconds; then each power of two from 512 has 512 buckets of its own.
function bucketOf(us: number): number {
  if (us < sub) return us
  const shift = 31 - Math.clz32(us) - subBits
  return (shift + 1) * sub + ((us >>> shift) & (sub - 1))
}

function middleUs(bucket: number): number {
  if (bucket < 2 * sub) return bucket
  const shift = Math.floor(bucket / sub) - 1
  const low = (sub + (bucket & (sub - 1))) * 2 ** shift
  return low + (2 ** shift - 1) / 2
}
