import { createChecker } from '../checker.ts'
import type { HistoryEntry, Invoke, Placed } from '../history.ts'
import type { CheckOptions, Invariant, Verdict } from '../verdict.ts'

/** Short histories for tests, a line each: who, and what. Times are the lines' own unless they say. */
type Draft<Entry> = Entry extends unknown ? Omit<Entry, 't' | 'p'> & { readonly t?: number } : never
export type Line = readonly [p: string, entry: Draft<HistoryEntry>]

export const options: CheckOptions = {
  resetsAllowed: 0,
  convergeWithinMs: 1_000,
  maxRssGrowthBytes: 100,
  minimum: { acks: 1, retries: 0, resumes: 0 },
}

export const end: Line = ['harness', { e: 'phase', phase: 'end' }]

export function invoke(id: string, more: Partial<Invoke> = {}): Draft<HistoryEntry> {
  return { e: 'invoke', id, conn: 1, hash: 1, stream: 'public', ...more }
}

export function ok(id: string, seq: number): Draft<HistoryEntry> {
  return { e: 'ok', id, conversation: 'c', stream: 'public', seq }
}

export function stored(p: string, id: string, seq: number): readonly Line[] {
  return [
    [p, invoke(id)],
    [p, ok(id, seq)],
  ]
}

export function placed(id: string, seq: number, more: Partial<Placed> = {}): Placed {
  return { conversation: 'c', stream: 'public', seq, id, from: 'v1', role: 'visitor', hash: 1, ...more }
}

/** An event of the desk; `x` stands for something else of the system. */
export function event(
  seq: number,
  kind: 'x' | NonNullable<Placed['event']>['kind'],
  more: Omit<NonNullable<Placed['event']>, 'kind'> = {},
  conversation = 'c',
): Placed {
  const base = placed(`${conversation === 'c' ? '' : conversation}e${seq}`, seq, {
    from: 'desk',
    role: 'system',
    conversation,
  })
  return kind === 'x' ? base : { ...base, event: { kind, ...more } }
}

export function read(...what: Parameters<typeof event>): Line {
  return ['reader', { e: 'read', ...event(...what) }]
}

export function readBack(conversation: string, ids: readonly string[], p = 'reader'): readonly Line[] {
  return [
    ...ids.map((id, i): Line => [p, { e: 'read', ...placed(id, i + 1, { conversation }) }]),
    [p, { e: 'read-end', conversation, stream: 'public', head: ids.length }],
  ]
}

export function check(lines: readonly Line[], asked = options): readonly Verdict[] {
  const checker = createChecker(asked)
  for (const [index, [p, entry]] of lines.entries()) checker.add({ t: index, p, ...entry }, index + 1)
  return checker.end()
}

export function of(invariant: Invariant, lines: readonly Line[], asked = options): Verdict {
  const verdict = check(lines, asked).find((one) => one.invariant === invariant)
  if (verdict === undefined) throw new Error(`no verdict on ${invariant}`)
  return verdict
}

export function failures(lines: readonly Line[]): readonly Invariant[] {
  return check(lines).flatMap(({ status, invariant }) => (status === 'fail' ? [invariant] : []))
}
