import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { codeOf } from '../../core/errors.ts'
import type { Language } from './language.ts'

/** The built pages, all in memory: a few files, and no path from a request ever reaches the disk. */
export type Pages = {
  /** Names of the pages, such as `demo` and `agent`; empty when nothing was built. */
  readonly names: readonly string[]
  /** A page with its configuration in it, or undefined. */
  readonly page: (name: string, config: PageConfig) => Asset | undefined
  readonly assets: ReadonlyMap<string, Asset>
}

/** What a page is told: `<script type="application/json" id="kf-config">`. */
export type PageConfig = { readonly site: string; readonly base: string; readonly lang: Language }

export type Asset = {
  readonly type: string
  readonly body: Buffer
  /** Compressed, where that is smaller; made when it is first asked for, not while the worker starts. */
  readonly gzip: () => Buffer | undefined
  readonly etag: string
  /** The hash that may stand in its address as `?v=`: then it never changes. */
  readonly version: string
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}
const compressible = /^(?:text|application|image\/svg)/
const configPlace = /(<script type="application\/json" id="kf-config">)[^<]*(<\/script>)/
const assetAddress = /"assets\/([A-Za-z0-9_.-]+)"/g

/** Reads `folder` (`dist/web`) once. A folder that is not there gives no pages; anything else that fails is thrown. */
export function loadPages(folder: string): Pages {
  const assets = new Map<string, Asset>()
  const html = new Map<string, string>()
  for (const name of filesIn(folder)) {
    const type = types[extname(name)]
    if (type === undefined) continue
    const body = readFileSync(join(folder, name))
    if (extname(name) === '.html') html.set(name.slice(0, -'.html'.length), body.toString('utf8'))
    else assets.set(name, assetOf(type, body))
  }
  const rendered = new Map<string, Asset>()
  return {
    names: [...html.keys()],
    assets,
    page: (name, config) => {
      const text = html.get(name)
      if (text === undefined) return undefined
      const key = JSON.stringify([name, config.site, config.base, config.lang])
      const known = rendered.get(key)
      if (known !== undefined) return known
      const page = assetOf('text/html; charset=utf-8', Buffer.from(render(text, config, assets)))
      // Sites times languages; bounded, should someone have thousands of sites.
      if (rendered.size >= 64) rendered.clear()
      rendered.set(key, page)
      return page
    },
  }
}

/** JSON that may stand inside a `<script>`: no `</script>` and no `<!--` can come of it. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
}

function render(text: string, config: PageConfig, assets: ReadonlyMap<string, Asset>): string {
  return text
    .replace(/<html lang="[^"]*"/, `<html lang="${config.lang}"`)
    .replace(configPlace, (_, open: string, close: string) => `${open}${jsonForScript(config)}${close}`)
    .replaceAll(assetAddress, (address, name: string) => {
      const version = assets.get(name)?.version
      return version === undefined ? address : `"assets/${name}?v=${version}"`
    })
}

function assetOf(type: string, body: Buffer): Asset {
  const version = createHash('sha256').update(body).digest('base64url').slice(0, 16)
  let zipped: Buffer | undefined
  return {
    type,
    body,
    etag: `"${version}"`,
    version,
    gzip: () => {
      if (!compressible.test(type)) return undefined
      zipped ??= gzipSync(body)
      return zipped.length < body.length ? zipped : undefined
    },
  }
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}
