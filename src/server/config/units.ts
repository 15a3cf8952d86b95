/** How files write times, sizes and rates. Readers give undefined for what is none; writers choose the shortest exact way. */

const ms: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
const bytes: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }
const per: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3_600 }

// Twelve digits: beyond them a number is not what was written any more.
export const durationPattern = /^\d{1,12}(?:\.\d{1,6})?(?:ms|s|m|h)$/
export const sizePattern = /^\d{1,12}(?:\.\d{1,6})?(?:B|KiB|MiB|GiB)$/
export const ratePattern = /^\d{1,12}(?:\.\d{1,6})?\/(?:s|min|h)$/

/** Whole milliseconds. */
export function readDuration(text: string): number | undefined {
  return whole(amount(text, durationPattern, ms))
}

/** Whole bytes. */
export function readSize(text: string): number | undefined {
  return whole(amount(text, sizePattern, bytes))
}

/** Per second. */
export function readRate(text: string): number | undefined {
  if (!ratePattern.test(text)) return undefined
  const [count, unit = ''] = text.split('/')
  return Number(count) / (per[unit] ?? Number.NaN)
}

export function writeDuration(value: number): string {
  return value === 0 ? '0s' : largest(value, ms)
}

export function writeSize(value: number): string {
  return largest(value, bytes)
}

export function writeRate(value: number): string {
  for (const [unit, seconds] of Object.entries(per)) {
    // What a division by 60 rounded comes back by this.
    const count = Math.round(value * seconds * 1e6) / 1e6
    if (Number.isInteger(count) && count / seconds === value) return `${count}/${unit}`
  }
  for (const [unit, seconds] of Object.entries(per)) {
    const count = Math.round(value * seconds * 1e6) / 1e6
    if (count / seconds === value) return `${count}/${unit}`
  }
  return `${value}/s`
}

function amount(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  if (!pattern.test(text)) return undefined
  const match = /^([\d.]+)(.+)$/.exec(text)
  return Number(match?.[1]) * (units[match?.[2] ?? ''] ?? Number.NaN)
}

function whole(value: number | undefined): number | undefined {
  if (value === undefined) return undefined
  // 1.1s is 1,100 ms, whatever a double makes of it.
  const near = Math.round(value)
  return Math.abs(value - near) < 1e-6 ? near : undefined
}

function largest(value: number, units: Readonly<Record<string, number>>): string {
  const fits = Object.entries(units).findLast(([, size]) => value >= size && value % size === 0)
  const [unit, size] = fits ?? Object.entries(units)[0] ?? ['', 1]
  return `${value / size}${unit}`
}
