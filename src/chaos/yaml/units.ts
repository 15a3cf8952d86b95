/** How scenario files write times, shares and bounds. Each reader gives undefined for what is none of it. */

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

export const durationPattern = /^\d+(?:\.\d+)?(?:ms|s|m|h)$/
export const sharePattern = /^\d+(?:\.\d+)?\s?%$/

/** `250ms`, `5s`, `1.5m`, `1h`, in milliseconds. */
export function durationMs(text: string): number | undefined {
  const match = /^([\d.]+)([a-z]+)$/.exec(durationPattern.test(text) ? text : '')
  return match === null ? undefined : Number(match[1]) * (unitMs[match[2] ?? ''] ?? Number.NaN)
}

/** The shortest way to write it that `durationMs` reads. */
export function durationText(ms: number): string {
  for (const unit of ['h', 'm', 's'] as const) {
    const size = unitMs[unit] ?? 1
    if (ms >= size && Number.isInteger(ms / size)) return `${ms / size}${unit}`
  }
  return ms === 0 ? '0s' : `${ms}ms`
}

/** `20%` as 0.2. */
export function shareOf(text: string): number | undefined {
  if (!sharePattern.test(text)) return undefined
  // Through the decimal point, so that 5.1% is 0.051 and not 0.05099999999999999.
  return Number(`${text.replace(/\s?%$/, '')}e-2`)
}

const unitBytes: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

export const sizePattern = /^\d+(?:\.\d+)?\s?(?:B|KiB|MiB|GiB)$/

/** `512B`, `64KiB`, `1.5MiB`, `2GiB`, in bytes. */
export function sizeBytes(text: string): number | undefined {
  const match = /^([\d.]+)\s?([A-Za-z]+)$/.exec(sizePattern.test(text) ? text : '')
  return match === null ? undefined : Math.round(Number(match[1]) * (unitBytes[match[2] ?? ''] ?? Number.NaN))
}

/** The shortest way to write it that `sizeBytes` reads. */
export function sizeText(bytes: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB'] as const) {
    const size = unitBytes[unit] ?? 1
    if (bytes >= size && Number.isInteger(bytes / size)) return `${bytes / size}${unit}`
  }
  return `${bytes}B`
}

export type Bound = { readonly op: '<=' | '>='; readonly value: number }

export const boundPattern = /^(?:<=|>=)\s*\d+(?:\.\d+)?(?:\s?(?:%|ms))?$/

/** `<= 10`, `<= 10 ms`, `<= 0.1%` (0.001), `>= 1000`. */
export function boundOf(text: string): Bound | undefined {
  if (!boundPattern.test(text)) return undefined
  const op = text.startsWith('<=') ? '<=' : '>='
  const amount = text.slice(2).trim()
  const value = amount.endsWith('%') ? shareOf(amount) : Number(amount.replace(/\s?ms$/, ''))
  return value === undefined ? undefined : { op, value }
}

export type LimitUnit = 'share' | 'time' | 'size' | 'number'
export type Limit = { readonly op: '<=' | '>=' | '<' | '>'; readonly value: number }

const amounts: Readonly<Record<LimitUnit, (text: string) => number | undefined>> = {
  share: shareOf,
  time: durationMs,
  size: sizeBytes,
  number: (text) => (/^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined),
}

/** `<= 5%` as 0.05, `< 200ms` in ms, `<= 1GiB` in bytes, `>= 10`. */
export function limitOf(text: string, unit: LimitUnit): Limit | undefined {
  const match = /^(<=|>=|<|>)\s*(.+)$/.exec(text)
  const value = amounts[unit](match?.[2] ?? '')
  return match === null || value === undefined ? undefined : { op: match[1] as Limit['op'], value }
}

/** As `limitOf` reads it. */
export function limitText({ op, value }: Limit, unit: LimitUnit): string {
  const amount =
    unit === 'share'
      ? `${Number((value * 100).toPrecision(12))}%`
      : unit === 'time'
        ? durationText(value)
        : unit === 'size'
          ? sizeText(value)
          : String(value)
  return `${op} ${amount}`
}
