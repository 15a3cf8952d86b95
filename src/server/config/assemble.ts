import { definedKeys, type Key } from './keys.ts'
import { readValue, type Value } from './kinds.ts'
import type { Snapshot } from './snapshot.ts'

/** A snapshot of one value for each key. */
export function assemble(valueFor: (key: Key) => Value): Snapshot {
  const root: Branch = {}
  for (const key of definedKeys()) {
    const value = valueFor(key)
    if (value !== undefined) put(root, key.path, value)
  }
  return root as unknown as Snapshot
}

/** What a key is without a file. */
export function defaultOf({ setting }: Key): Value {
  if (!('default' in setting)) return undefined
  const read = readValue(setting, setting.default)
  return read.ok ? read.value : undefined
}

let defaults: Snapshot | undefined

/** All defaults: the configuration of a node without any file. */
export function defaultSnapshot(): Snapshot {
  defaults ??= assemble(defaultOf)
  return defaults
}

type Branch = { [name: string]: Branch | Value }

function put(root: Branch, path: readonly string[], value: Value): void {
  let at = root
  for (const name of path.slice(0, -1)) {
    const next = at[name]
    // Tables come from definitions, so what stands at a table's name is a table.
    const table: Branch = typeof next === 'object' && !Array.isArray(next) ? (next as Branch) : {}
    at[name] = table
    at = table
  }
  at[path.at(-1) ?? ''] = value
}
