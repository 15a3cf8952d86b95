import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageVersion } from '../src/cli/version.ts'

/**
 * What `npm pack` makes of this checkout, laid into a project that depends on it: Node strips no types there, so this runs
 * the build alone, roles and pages included. `npm test` builds first.
 */
const VERSION = packageVersion()
const ROOT = fileURLToPath(new URL('..', import.meta.url))
let project: string
let installed: string

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'kf-package-'))
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', project], {
    cwd: ROOT,
    stdio: 'ignore',
  })
  execFileSync('tar', ['xzf', join(project, `kf-${VERSION}.tgz`), '-C', modules])
  execFileSync('mv', [join(modules, 'package'), join(modules, 'kf')])
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  }
  symlinkSync('../kf/bin/kf', join(modules, '.bin', 'kf'))
  installed = join(modules, '.bin', 'kf')
})

afterAll(() => {
  rmSync(project, { recursive: true, force: true })
})

test('the package holds the build and no source', () => {
  expect(readdirSync(join(project, 'node_modules', 'kf')).toSorted()).toEqual(
    expect.arrayContaining(['CHANGELOG.md', 'LICENSE', 'NOTICE', 'bin', 'dist', 'package.json']),
  )
  expect(existsSync(join(project, 'node_modules', 'kf', 'src'))).toBe(false)
})

test('it says its version', () => {
  expect(execFileSync(process.execPath, [installed, '--version'], { encoding: 'utf8', cwd: project })).toBe(
    `${VERSION}\n`,
  )
})

test('it serves the demo page with everything the page asks for, and stops when told to', async () => {
  const listen = ['--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0']
  const server = spawn(
    process.execPath,
    [installed, 'serve', '--json-ready', '--workers', '2', '--data', join(project, 'data'), ...listen],
    { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const { url } = await ready(server)

  const page = await fetch(url)
  expect(page.status).toBe(200)
  const html = await page.text()
  const assets = [...html.matchAll(/(?:src|href)="([^"]+\.(?:js|css)[^"]*)"/g)].map((match) => match[1] ?? '')
  expect(assets.length).toBeGreaterThanOrEqual(2)
  for (const asset of assets) {
    const answer = await fetch(new URL(asset, url))
    expect(`${answer.status} ${asset}`).toBe(`200 ${asset}`)
    await answer.arrayBuffer()
  }

  const closed = once(server, 'close')
  server.kill('SIGTERM')
  await closed
  expect(server.exitCode).toBe(0)
})

async function ready(server: ChildProcess): Promise<{ readonly url: string }> {
  let out = ''
  let err = ''
  server.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  if (server.stdout === null) throw new Error('standard output is no pipe')
  for await (const chunk of server.stdout as AsyncIterable<Buffer>) {
    out += chunk.toString()
    if (out.includes('\n')) return JSON.parse(out) as { readonly url: string }
  }
  throw new Error(`kf serve ended before it was ready: ${err}`)
}
