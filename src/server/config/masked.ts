import { textOf } from './diff.ts'
import { definedKeys } from './keys.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * Every key's value as TOML writes it, by `KeyInfo.id`; undefined where it has none. Of a secret stands only where it comes from:
 * `•••••• (${NAME})`.
 */
export function masked(snapshot: Snapshot): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    definedKeys().map((key) => {
      const text = textOf(snapshot, key)
      return [key.id, key.secret && text !== undefined ? `•••••• (${text.slice(1, -1)})` : text]
    }),
  )
}
