import { posix } from 'node:path'

export type SourceFile = {
  /** Relative to the package, with `/`. */
  readonly path: string
  readonly text: string
}

export type Import = {
  readonly line: number
  /** A path relative to the package for a relative specifier, else the specifier as written. */
  readonly target: string
  readonly isFile: boolean
  /** `import type`, or every name of it marked `type`: nothing of it is left when the program runs. */
  readonly typeOnly: boolean
}

/** Static, dynamic and re-exporting imports in the order of the text. It relies on the formatter: a statement starts its line. */
export function importsOf({ path, text }: SourceFile): readonly Import[] {
  const found = [...text.matchAll(STATEMENT)].map((match) => ({
    at: match.index,
    specifier: match[4] ?? '',
    typeOnly: match[2] !== undefined || namesOnlyTypes(match[3]),
  }))
  const dynamic = [...text.matchAll(DYNAMIC)].map((match) => ({
    at: match.index,
    specifier: match[2] ?? '',
    typeOnly: match[1] !== undefined,
  }))
  return [...found, ...dynamic]
    .toSorted((one, other) => one.at - other.at)
    .map(({ at, specifier, typeOnly }) => {
      const isFile = specifier.startsWith('.')
      const target = isFile ? posix.join(posix.dirname(path), specifier) : specifier
      return { line: text.slice(0, at).split('\n').length, target, isFile, typeOnly }
    })
}

const STATEMENT = /^(import|export)\s+(type\s+)?((?:[\w$*{},\s]+?)\sfrom\s+)?['"]([^'"\n]+)['"]/gm
const DYNAMIC = /(typeof\s+)?(?<!\*.*)\bimport\(\s*['"]([^'"\n]+)['"]/g

function namesOnlyTypes(clause: string | undefined): boolean {
  const names = /^\{([^}]*)\}\s*from\s+$/
    .exec(clause ?? '')?.[1]
    ?.split(',')
    .map((name) => name.trim())
  const real = names?.filter((name) => name !== '') ?? []
  return real.length > 0 && real.every((name) => name.startsWith('type '))
}
