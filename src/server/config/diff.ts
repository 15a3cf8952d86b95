import { definedKeys, type Key } from './keys.ts'
import { formatOf, type Value } from './kinds.ts'
import type { Change, Snapshot } from './snapshot.ts'

/** Every key whose value differs, in the order of the files' pages. */
export function diffSnapshots(from: Snapshot, to: Snapshot): readonly Change[] {
  return definedKeys().flatMap((key) => {
    const [was, is] = [textOf(from, key), textOf(to, key)]
    if (was === is) return []
    return [{ file: key.file, key: key.key, from: was, to: is, effect: key.effect, scope: key.scope }]
  })
}

/** A key's value in a snapshot; undefined where it has none. */
export function valueIn(snapshot: Snapshot, { path }: Pick<Key, 'path'>): Value {
  let at: unknown = snapshot
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined
    at = (at as Readonly<Record<string, unknown>>)[part]
  }
  return at as Value
}

/** As TOML writes it. */
export function textOf(snapshot: Snapshot, key: Key): string | undefined {
  const value = valueIn(snapshot, key)
  return value === undefined ? undefined : formatOf(key.setting, value)
}
