import { padEnd } from '../format.ts'

/** One line of `kf doctor`. `fail` makes the exit code 1; `warn` limits something; `info` only tells. */
export type Finding = {
  readonly id: string
  readonly status: 'ok' | 'warn' | 'fail' | 'info'
  readonly what: string
  readonly value: string
  /** What it limits. */
  readonly limits?: string
  readonly fix?: string
}

const marks = { ok: '✓', warn: '!', fail: '✗', info: '·' } as const

/** `✓ what  value  limits`, and the fix on a line of its own below. */
export function findingLines(finding: Finding, labelWidth: number): string {
  const { status, what, value, limits, fix } = finding
  const head = `${marks[status]} ${padEnd(what, labelWidth)}  ${value}`
  const tail = limits === undefined ? '' : `   ${limits}`
  const below = fix === undefined ? '' : `  ${' '.repeat(labelWidth)}  → ${fix}\n`
  return `${head}${tail}\n${below}`
}
