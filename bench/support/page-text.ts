/** Results by name, as `reports/NAME.json` holds them. */
export type Reports = ReadonlyMap<string, unknown>

const dash = '—'

/** The number at the end of a path that begins with a report's name; null where there is none. */
export function figureIn(reports: Reports, [name = '', ...path]: readonly string[]): number | null {
  let value: unknown = reports.get(name)
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return null
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** `page` (a file's name, for the error) with what stands between the markers of `name` replaced. Throws where it has none. */
export function withPart(file: string, page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${file}: the markers of "${name}" are missing`)
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`
}

export function ratio(value: number | null): string {
  return value === null ? dash : value.toFixed(2)
}

export function share(value: number | null): string {
  return value === null ? dash : `${(value * 100).toFixed(1)} %`
}

export function micros(value: number | null): string {
  return value === null ? dash : `${value < 10 ? value.toFixed(2) : value.toFixed(1)} µs`
}

export function ms(value: number | null): string {
  return value === null ? dash : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
}

export function perSecond(value: number | null): string {
  return value === null ? dash : `${Math.round(value).toLocaleString('en')}/s`
}

export function cores(value: number | null): string {
  return value === null ? dash : `${value.toFixed(2)} cores`
}

/** Bytes in the largest unit that leaves at least one. */
export function memory(bytes: number | null): string {
  if (bytes === null || Number.isNaN(bytes)) return dash
  const units = ['B', 'KiB', 'MiB', 'GiB']
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  const value = bytes / 1024 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? ''}`
}
