import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { LAYERS, type Layer } from './import-rules.ts'
import { type Import, importsOf, type SourceFile } from './imports.ts'

export type Problem = { readonly file: string; readonly line: number; readonly text: string }

/**
 * What the table forbids, and every ring of files whose values need each other, in the order of the files.
 * Tests (`*.test.ts`) may import whatever they try out and are left alone.
 */
export function checkImports(files: readonly SourceFile[], layers: readonly Layer[]): readonly Problem[] {
  const shipped = files.filter(({ path }) => !/\.test\.tsx?$/.test(path))
  const imports = new Map(shipped.map((file) => [file.path, importsOf(file)]))
  const crossings = [...imports].flatMap(([file, list]) => {
    const layer = layerOf(file, layers)
    if (layer === undefined) {
      return [
        { file, line: 1, text: `${file} belongs to no layer: name its folder in scripts/import-rules.ts` },
      ]
    }
    return list.flatMap((one) => {
      const text = forbidden(layer, one, layers)
      return text === undefined ? [] : [{ file, line: one.line, text }]
    })
  })
  return [...crossings, ...findCycles(imports)]
}

/** The layer with the longest prefix of the path. */
function layerOf(path: string, layers: readonly Layer[]): Layer | undefined {
  return layers
    .filter((layer) => path.startsWith(layer.path))
    .toSorted((one, other) => other.path.length - one.path.length)[0]
}

function forbidden(
  layer: Layer,
  { target, isFile, typeOnly }: Import,
  layers: readonly Layer[],
): string | undefined {
  if (!isFile) {
    const ban = layer.never?.find(({ prefix }) => target.startsWith(prefix))
    return ban === undefined ? undefined : `${layer.path} may not import ${target}: ${ban.why}`
  }
  const allowed = [layer.path, ...layer.imports, ...(typeOnly ? (layer.typesOf ?? []) : [])]
  if (allowed.some((prefix) => target.startsWith(prefix))) return undefined
  const named = layerOf(target, layers)?.path ?? target
  return `${layer.path} may not import ${named === layer.path ? target : named} (${target}): ${layer.why}`
}

/** One problem for each ring, at the file where the search closed it; type imports are gone at run time and do not count. */
function findCycles(imports: ReadonlyMap<string, readonly Import[]>): readonly Problem[] {
  const problems: Problem[] = []
  const done = new Set<string>()
  const trail: string[] = []

  const visit = (file: string): void => {
    trail.push(file)
    for (const { target, line, isFile, typeOnly } of imports.get(file) ?? []) {
      if (!isFile || typeOnly || done.has(target)) continue
      const start = trail.indexOf(target)
      if (start < 0) visit(target)
      else {
        const ring = [...trail.slice(start), target].join(' -> ')
        problems.push({
          file,
          line,
          text: `import cycle: ${ring}; move what both need into a third file, or pass it as a parameter`,
        })
      }
    }
    trail.pop()
    done.add(file)
  }
  for (const file of imports.keys()) if (!done.has(file)) visit(file)
  return problems
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const files = globSync('src/**/*.{ts,tsx}', { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(`${root}/${path}`, 'utf8') }))
  const problems = checkImports(files, LAYERS)
  for (const { file, line, text } of problems) console.error(`${file}:${line}: ${text}`)
  console.log(`imports: ${files.length} files, ${problems.length} problems`)
  if (problems.length > 0) process.exitCode = 1
}
