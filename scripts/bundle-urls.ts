import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, extname, join, relative, sep } from 'node:path'
import type { Plugin } from 'esbuild'

export type BundleUrls = {
  /** Absolute. */
  readonly root: string
  /** Output name → source path relative to `root`, as in `PROGRAM_ENTRIES`. */
  readonly entries: Readonly<Record<string, string>>
  /** Called for each file below `src` that has to stand in `dist` too: both paths relative to `root`. */
  readonly copy: (from: string, to: string) => void
}

/**
 * Makes `new URL('./x', import.meta.url)` mean the same file in `dist/` as in the source. All of the bundle's files stand
 * side by side in `dist/`, so an entry becomes `./<name>.js`, `dist/…` becomes `./…`, a data file below `src` is copied
 * to `./assets/…`, and anything else of the package is reached by `../…`.
 */
export function bundleUrls(options: BundleUrls): Plugin {
  return {
    name: 'bundle-urls',
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8')
        const { code, errors } = rewriteUrls(source, path, options)
        return {
          contents: code,
          loader: 'ts',
          errors: errors.map(({ text, line }) => ({
            text,
            location: { file: relative(options.root, path), line },
          })),
        }
      })
    },
  }
}

export type Rewritten = {
  readonly code: string
  readonly errors: readonly { readonly text: string; readonly line: number }[]
}

/** `path` is the source file's, absolute. An address that would lead nowhere in the package is an error with its line. */
export function rewriteUrls(source: string, path: string, options: BundleUrls): Rewritten {
  const errors: { text: string; line: number }[] = []
  const outputs = new Map(Object.entries(options.entries).map(([name, from]) => [from, `./${name}.js`]))
  const fail = (text: string, at: number) =>
    errors.push({ text, line: source.slice(0, at).split('\n').length })

  for (const match of source.matchAll(/import\.meta\.(?:dirname|filename)/g)) {
    fail(`${match[0]} means another folder in dist/: write new URL('…', import.meta.url)`, match.index)
  }
  const code = source.replace(ADDRESS, (whole, quote: string, address: string, at: number) => {
    const target = slashed(relative(options.root, join(dirname(path), address)))
    const inDist = placeInDist(target, address.endsWith('/'), outputs, options)
    if (typeof inDist === 'string') return `new URL(${quote}${inDist}${quote}, import.meta.url)`
    fail(inDist.problem, at)
    return whole
  })
  return { code, errors }
}

const ADDRESS = /new URL\(\s*(['"])(\.{1,2}\/[^'"]*)\1\s*,\s*import\.meta\.url,?\s*\)/g

function placeInDist(
  target: string,
  isFolder: boolean,
  outputs: ReadonlyMap<string, string>,
  { root, copy }: BundleUrls,
): string | { readonly problem: string } {
  const output = outputs.get(target)
  if (output !== undefined) return output
  const slash = isFolder ? '/' : ''
  if (target === '..' || target.startsWith('../')) return { problem: `${target} is outside of the package` }
  if (target === 'dist' || target.startsWith('dist/')) return `./${target.slice('dist/'.length)}${slash}`
  if (!target.startsWith('src/')) return `../${target}${slash}`
  const file = join(root, target)
  if (['.ts', '.tsx'].includes(extname(target))) {
    return { problem: `${target} is no entry: add it to PROGRAM_ENTRIES in scripts/entries.ts` }
  }
  if (!existsSync(file) || statSync(file).isDirectory()) {
    return { problem: `${target} is no file, and src/ is not part of the package` }
  }
  const place = `assets/${target.slice('src/'.length)}`
  copy(target, `dist/${place}`)
  return `./${place}`
}

function slashed(path: string): string {
  return path.split(sep).join('/')
}
