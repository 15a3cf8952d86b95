import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, type BuildResult, build } from 'esbuild'
import { bundleUrls } from './bundle-urls.ts'
import { findPages, type Page, PROGRAM_ENTRIES } from './entries.ts'

/** `npm run build`: the program and what it forks to `dist/`, the pages to `dist/web/`; what is old there goes away. */
const root = fileURLToPath(new URL('..', import.meta.url))
const started = performance.now()
const copies = new Map<string, string>()
const entries = Object.fromEntries(
  Object.entries(PROGRAM_ENTRIES).filter(([, path]) => existsSync(join(root, path))),
)
const pages = findPages(root)

for (const [name, path] of Object.entries(PROGRAM_ENTRIES)) {
  if (!(name in entries)) console.log(`build: no ${path} yet, so no dist/${name}.js`)
}
const results = await Promise.all([buildProgram(), buildPages(pages)]).catch((error: unknown) => {
  console.error(`build: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
})
for (const { name, html } of pages) if (html !== undefined) copies.set(html, `dist/web/${name}.html`)
for (const [from, to] of copies) {
  await mkdir(dirname(join(root, to)), { recursive: true })
  await copyFile(join(root, from), join(root, to))
}
const outputs = new Set([
  ...results.flatMap((result) => Object.keys(result?.metafile.outputs ?? {})),
  ...copies.values(),
])
await removeAllBut(outputs, join(root, 'dist'))
console.log(
  `build: dist/ has ${outputs.size} files (${Object.keys(entries).length} programs, ${pages.length} pages), ` +
    `${Math.round(performance.now() - started)} ms`,
)

type WithMetafile = BuildResult<BuildOptions & { metafile: true }>

async function buildProgram(): Promise<WithMetafile | undefined> {
  if (Object.keys(entries).length === 0) return undefined
  return await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    packages: 'external',
    chunkNames: '[name]-[hash]',
    metafile: true,
    logLevel: 'warning',
    plugins: [bundleUrls({ root, entries: PROGRAM_ENTRIES, copy: (from, to) => copies.set(from, to) })],
  })
}

async function buildPages(pages: readonly Page[]): Promise<WithMetafile | undefined> {
  if (pages.length === 0) return undefined
  const points = pages.flatMap(({ name, script, style }) => [
    { in: script, out: name },
    ...(style === undefined ? [] : [{ in: style, out: name }]),
  ])
  return await build({
    absWorkingDir: root,
    entryPoints: points,
    outdir: 'dist/web',
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: ['es2022', 'safari16'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
}

async function removeAllBut(keep: ReadonlySet<string>, folder: string): Promise<void> {
  if (!existsSync(folder)) return
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !keep.has(relative(root, path).replaceAll('\\', '/'))) await rm(path)
  }
}
