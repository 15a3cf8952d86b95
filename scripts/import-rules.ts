/**
 * Who may import whom: the house of docs/architecture.md as data. A file belongs to the layer with the longest matching
 * prefix of its path; what a layer does not name it may not import.
 */
export type Layer = {
  /** Prefix of the path, relative to the package, with `/` at a folder's end. */
  readonly path: string
  /** Prefixes it may import values and types of; its own always. */
  readonly imports: readonly string[]
  /** Siblings: it may import their types, never their values. */
  readonly typesOf?: readonly string[]
  /** What the browser lacks (or a harness must not know) is forbidden by specifier prefix. */
  readonly never?: readonly { readonly prefix: string; readonly why: string }[]
  /** Said in the error: why, and what to do instead. */
  readonly why: string
}

const BASE = ['src/core/', 'src/protocol/']

/** The server's floors from the ground up: a folder imports the floors below, and only the types of its own floor. */
const FLOORS: readonly (readonly string[])[] = [
  ['src/server/config/', 'src/server/telemetry/'],
  ['src/server/engines/'],
  [
    'src/server/storage/',
    'src/server/bus/',
    'src/server/limits/',
    'src/server/people/',
    'src/server/plugins/',
    'src/server/routing/',
  ],
  ['src/server/access/'],
  ['src/server/desk/', 'src/server/pipeline/'],
  ['src/server/transport/', 'src/server/api/'],
]

/** The contract of supervisor, writer and workers: its types are known on every floor. */
const ROLES = 'src/server/roles.ts'

const NO_NODE = {
  prefix: 'node:',
  why: 'it runs in the browser too; take what it needs as a parameter',
}

export const LAYERS: readonly Layer[] = [
  {
    path: 'src/core/',
    imports: [],
    why: 'core imports nothing of the rest; move what both need into core',
  },
  {
    path: 'src/protocol/',
    imports: ['src/core/'],
    never: [NO_NODE],
    why: 'the protocol is the one vocabulary and knows core only; move the shared part into it',
  },
  {
    path: 'src/client/',
    imports: BASE,
    never: [NO_NODE],
    why: 'pages and virtual users run the same client; pass what it needs in',
  },
  {
    path: 'src/web/',
    imports: [...BASE, 'src/client/'],
    never: [NO_NODE],
    why: 'pages know the wire only; put shared code into client, protocol or core',
  },
  {
    path: 'src/chaos/',
    imports: [...BASE, 'src/client/'],
    why: 'the harness is a black-box client of whatever it tests; ask over the wire or REST, or start the program',
  },
  {
    path: 'src/cli/',
    imports: [...BASE, 'src/server/entry.ts', 'src/server/config/', 'src/chaos/'],
    why: 'the CLI enters the server by its declared entry points; export it from src/server/entry.ts',
  },
  ...FLOORS.flatMap(layersOfFloor),
  {
    path: 'src/server/',
    imports: BASE,
    why: 'the server stands alone: neither pages nor client, harness nor CLI are part of it',
  },
]

function layersOfFloor(floor: readonly string[], height: number): readonly Layer[] {
  return floor.map((path) => ({
    path,
    imports: [...BASE, ...FLOORS.slice(0, height).flat()],
    typesOf: [...floor, ROLES],
    why: "imports point down; take a sibling's contract by `import type`, and have the composition root pass values in",
  }))
}
