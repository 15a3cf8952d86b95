import { nodeTree, serverTree } from './definitions.ts'
import { ratelimitTree } from './definitions-ratelimit.ts'
import { formatOf, unitOf } from './kinds.ts'
import { isSetting, type Setting, type Tree } from './setting.ts'
import type { ConfigFileName, KeyInfo, Scope } from './snapshot.ts'

/** A key with its definition and where a snapshot has its value. */
export type Key = KeyInfo & { readonly path: readonly string[]; readonly setting: Setting }

/** Each file's keys, in the order of its page and of `kf config init`. */
export const fileTrees: Readonly<Record<ConfigFileName, Tree>> = {
  'server.toml': { ...nodeTree, ...serverTree },
  'ratelimit.toml': ratelimitTree,
}

const keys: readonly Key[] = [
  ...keysOf('server.toml', nodeTree, 'node', ['node']),
  ...keysOf('server.toml', serverTree, 'cluster', ['cluster', 'server']),
  ...keysOf('ratelimit.toml', ratelimitTree, 'cluster', ['cluster', 'ratelimit']),
]

/** Every key of every file. */
export function allKeys(): readonly KeyInfo[] {
  return keys
}

/** As `allKeys`, with definitions. */
export function definedKeys(): readonly Key[] {
  return keys
}

function keysOf(file: ConfigFileName, tree: Tree, scope: Scope, path: readonly string[], table = ''): Key[] {
  return Object.entries(tree).flatMap(([name, node]) => {
    const key = table === '' ? name : `${table}.${name}`
    if (!isSetting(node)) return keysOf(file, node, scope, [...path, name], key)
    return [
      {
        id: `${file}:${key}`,
        file,
        key,
        effect: node.effect,
        scope,
        default: 'default' in node ? formatOf(node, node.default) : undefined,
        description: node.says,
        unit: unitOf(node.kind),
        bounds: 'min' in node ? { min: formatOf(node, node.min), max: formatOf(node, node.max) } : undefined,
        secret: node.kind === 'secret-or-none',
        path: [...path, name],
        setting: node,
      },
    ]
  })
}
