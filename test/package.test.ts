import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
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

test('it brings its scenarios along, and the schema that they name for editors', () => {
  const list = execFileSync(process.execPath, [installed, 'bench', '--list'], {
    encoding: 'utf8',
    cwd: project,
  })
  const folder = join(project, 'node_modules', 'kf', 'scenarios')
  const files = readdirSync(folder).flatMap((file) =>
    file.endsWith('.yml') ? [file.replace('.yml', '')] : [],
  )
  expect(
    list
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]),
  ).toEqual(files.toSorted())
  for (const name of files) {
    const [first = ''] = readFileSync(join(folder, `${name}.yml`), 'utf8').split('\n')
    expect(existsSync(join(folder, first.split('$schema=')[1] ?? 'none'))).toBe(true)
  }
})

test('it brings its chaos scenarios along, and the schema that they name for editors', () => {
  const list = execFileSync(process.execPath, [installed, 'chaos', 'list', '--json'], {
    encoding: 'utf8',
    cwd: project,
  })
  const folder = join(project, 'node_modules', 'kf', 'scenarios', 'chaos')
  const files = readdirSync(folder)
  const { scenarios } = JSON.parse(list) as { readonly scenarios: readonly { readonly name: string }[] }
  expect(scenarios.map(({ name }) => `${name}.yml`)).toEqual(files.toSorted())
  for (const file of files) {
    const schema = /\$schema=(\S+)/.exec(readFileSync(join(folder, file), 'utf8'))?.[1]
    expect(existsSync(join(folder, schema ?? 'none')), file).toBe(true)
  }
})

test('it makes the requests of a scenario from the build alone', () => {
  const scenario = [
    'version: 1',
    'title: Does the package make requests?',
    'warmup: 0s',
    'duration: 1s',
    'rest: [{ name: site, path: /api/v1/site, rate: 4 }]',
  ]
  writeFileSync(join(project, 'requests.yml'), scenario.join('\n'))
  const { stdout } = spawnSync(process.execPath, [installed, 'bench', 'requests.yml', '--json'], {
    encoding: 'utf8',
    cwd: project,
  })
  expect(JSON.parse(stdout)).toMatchObject({
    engine: 'autocannon',
    rows: [],
    rest: [{ concurrency: null, name: 'site', asked_per_s: 4, sent: 4, errors: 0 }],
  })
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
