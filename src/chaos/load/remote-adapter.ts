import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * How a plan names an adapter to a host: by the name and the hash of its file, never by code or a path. The host runs only a
 * file of its own that its operator named, and only the same one. The hash is of that file alone, not of what it imports.
 */
export function adapterForHost(dialect: string): string {
  if (!dialect.startsWith('file:')) return dialect
  const path = fileURLToPath(dialect)
  return `${prefix}${hashOf(path)}:${basename(path)}`
}

/** What the generator here loads for `dialect`: the file URL among `adapters` with that hash; undefined where there is none. */
export function adapterHere(dialect: string, adapters: readonly string[]): string | undefined {
  if (!dialect.startsWith(prefix)) return /^[a-z]+$/.test(dialect) ? dialect : undefined
  const hash = dialect.slice(prefix.length).split(':')[0]
  const path = adapters.find((file) => hashOf(file) === hash)
  return path === undefined ? undefined : pathToFileURL(path).href
}

/** The file's name in `dialect`, for a message. */
export function adapterName(dialect: string): string {
  return dialect.slice(dialect.lastIndexOf(':') + 1)
}

const prefix = 'adapter:'

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}
