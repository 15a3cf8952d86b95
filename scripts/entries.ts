import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Everything that is started by its path: the program itself and what it forks. Each becomes `dist/<name>.js`.
 * A fork is written as `new URL('./worker.ts', import.meta.url)`; the build rewrites the address (bundle-urls.ts).
 */
export const PROGRAM_ENTRIES: Readonly<Record<string, string>> = {
  kf: 'src/cli/main.ts',
  worker: 'src/server/worker.ts',
  writer: 'src/server/writer.ts',
  'checkpoint-thread': 'src/server/storage/sqlite/checkpoint-thread.ts',
  generator: 'src/chaos/load/generator.ts',
  'rest-worker': 'src/chaos/load/rest-worker.ts',
  'bare-server': 'src/chaos/targets/bare-server.ts',
  'guard-process': 'src/chaos/fault/guard-process.ts',
}

/** A page's folder `src/web/<name>/`: `main.ts(x)`, and where it has them `style.css` and `index.html`. */
export type Page = {
  readonly name: string
  readonly script: string
  readonly style: string | undefined
  readonly html: string | undefined
}

/** Every folder of `src/web` with a `main.ts` or `main.tsx`, sorted by name; paths are relative to `root`. */
export function findPages(root: string): readonly Page[] {
  const web = join(root, 'src', 'web')
  if (!existsSync(web)) return []
  return readdirSync(web)
    .toSorted()
    .flatMap((name) => {
      const at = (file: string) => {
        const path = `src/web/${name}/${file}`
        return existsSync(join(root, path)) ? path : undefined
      }
      const script = at('main.tsx') ?? at('main.ts')
      return script === undefined ? [] : [{ name, script, style: at('style.css'), html: at('index.html') }]
    })
}
