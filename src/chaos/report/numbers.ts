/** How numbers are written in tables: the same everywhere, English grouping in both languages. */

export const nothing = '-'

/** `1.6 ms`, `68 ms`, `9.8 s`. */
export function milliseconds(ms: number | null): string {
  if (ms === null) return nothing
  if (ms >= 1_000) return `${(ms / 1000).toFixed(ms >= 9_950 ? 0 : 1)} s`
  return `${ms.toFixed(ms >= 9.95 ? 0 : 1)} ms`
}

/** `0.00 %`; a share too small to show is still shown as more than nothing. */
export function share(value: number | null): string {
  if (value === null) return nothing
  return value > 0 && value < 0.00005 ? '<0.01 %' : `${(value * 100).toFixed(2)} %`
}

export function whole(value: number | null): string {
  return value === null ? nothing : Math.round(value).toLocaleString('en')
}

export function cores(value: number | null): string {
  return value === null ? nothing : value.toFixed(2)
}

export function mebibytes(bytes: number | null): string {
  return bytes === null ? nothing : `${whole(bytes / 1024 / 1024)} MiB`
}

/** Connected of asked: `10,000`, or `9,981/10,000` where they differ. */
export function connectedOf(connected: number, asked: number): string {
  return connected === asked ? whole(asked) : `${whole(connected)}/${whole(asked)}`
}

/** `4m12s`, `38s`. */
export function duration(seconds: number): string {
  const all = Math.round(seconds)
  return all < 60 ? `${all}s` : `${Math.floor(all / 60)}m${String(all % 60).padStart(2, '0')}s`
}

const bars = '▁▂▃▄▅▆▇█'

/** A line of bars, the highest value as the highest bar; null leaves a gap. */
export function sparkline(values: readonly (number | null)[]): string {
  const top = Math.max(...values.map((value) => value ?? 0))
  return values
    .map((value) =>
      value === null || top <= 0 ? ' ' : (bars[Math.min(7, Math.floor((value / top) * 7.999))] ?? ' '),
    )
    .join('')
}
