import { createHash } from 'node:crypto'
import type { Scope, Snapshot } from './snapshot.ts'

/**
 * Of a snapshot, or of its part of one scope, as 64 hex digits: the same for the same values, whatever order they are held in, on
 * every node and in every process.
 */
export function hashOf(snapshot: Snapshot, scope?: Scope): string {
  const part = scope === undefined ? snapshot : snapshot[scope]
  return createHash('sha256').update(canonical(part)).digest('hex')
}

/** JSON with sorted keys; a key without a value counts as absent. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, held: unknown) => {
    if (typeof held !== 'object' || held === null || Array.isArray(held)) return held
    return Object.fromEntries(Object.entries(held).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}
