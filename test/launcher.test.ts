import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findNodes, fits } from '../bin/launch.mjs'

const BIN = fileURLToPath(new URL('../bin', import.meta.url))
const NODE_PACKAGE = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`

/** Tells who it is, then does what its arguments ask; the same text serves as source and as build. */
const PROGRAM = `
const [action, value] = process.argv.slice(2)
if (action === 'wait') {
  const timer = setInterval(() => {}, 1000)
  process.on(value, () => {
    console.log('got ' + value)
    clearInterval(timer)
    process.exitCode = 7
  })
}
console.log(JSON.stringify({ pid: process.pid, program: import.meta.filename, args: process.argv.slice(2) }))
if (action === 'exit') process.exitCode = Number(value)
if (action === 'die') process.kill(process.pid, value)
if (action === 'cache') console.log(process.env.NODE_COMPILE_CACHE)
if (action === 'echo') process.stdin.pipe(process.stdout)
`

let folder: string
/** Preloaded, it makes this test's Node tell the launcher that it is an old one. */
let pretendOld: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kf-launcher-'))
  pretendOld = join(folder, 'old.cjs')
  writeFileSync(pretendOld, "Object.defineProperty(process, 'version', { value: 'v20.11.1' })\n")
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('under a fitting Node', () => {
  test('the program runs in the very process that was started, with its arguments intact', async () => {
    const root = layPackage('kf')
    const { child, ended } = run(root, ['a', 'b c', '', '--x=1'])
    expect(await ended).toEqual({
      code: 0,
      signal: null,
      err: '',
      out: said(child.pid, join(root, 'src/cli/main.ts'), ['a', 'b c', '', '--x=1']),
    })
  })

  test('a checkout runs its source, or its build when KF_DIST=1', async () => {
    const root = layPackage('kf')
    expect(programIn(await run(root, []).ended)).toBe(join(root, 'src/cli/main.ts'))
    expect(programIn(await run(root, [], { env: { KF_DIST: '1' } }).ended)).toBe(join(root, 'dist/kf.js'))
  })

  test('an installed package runs its build, started through the link that npm makes', async () => {
    const root = layPackage('app/node_modules/kf')
    const bin = join(folder, 'app/node_modules/.bin')
    mkdirSync(bin)
    symlinkSync('../kf/bin/kf', join(bin, 'kf'))
    expect(programIn(await run(root, [], { start: join(bin, 'kf') }).ended)).toBe(join(root, 'dist/kf.js'))
  })

  test('compiled code is kept beside the code itself, and never where the operator chose another place', async () => {
    const root = layPackage('app/node_modules/kf')
    const kept = join(folder, 'app/node_modules/.cache/kf/compiled')
    expect((await run(root, ['cache']).ended).out.split('\n')[1]).toBe(kept)
    const env = { NODE_COMPILE_CACHE: join(folder, 'chosen') }
    expect((await run(root, ['cache'], { env }).ended).out.split('\n')[1]).toBe(env.NODE_COMPILE_CACHE)
  })

  test('a package without a build says how to get one', async () => {
    const root = layPackage('kf')
    rmSync(join(root, 'dist'), { recursive: true })
    expect(await run(root, [], { env: { KF_DIST: '1' } }).ended).toEqual({
      code: 1,
      signal: null,
      out: '',
      err:
        `kf: ${join(root, 'dist/kf.js')} is missing: the package was not built\n` +
        `kf: fix: run \`npm ci\` (with development dependencies), then \`npm run build\`, in ${root}\n`,
    })
  })
})

describe('under an unfit Node', () => {
  test('the Node beside the package runs it: arguments, input, output and exit code pass through', async () => {
    const root = layPackage('kf')
    layNode('kf')
    const { child, ended } = run(root, ['exit', '5'], { old: true })
    const result = await ended
    expect(result).toMatchObject({ code: 5, signal: null, err: '' })
    expect(JSON.parse(result.out)).toMatchObject({ args: ['exit', '5'] })
    expect(JSON.parse(result.out)).not.toMatchObject({ pid: child.pid })

    const echo = run(root, ['echo'], { old: true })
    echo.child.stdin?.end('你好\n')
    expect((await echo.ended).out).toMatch(/\n你好\n$/)
  })

  test('a Node that a dependent project hoisted is found', async () => {
    const root = layPackage('app/node_modules/kf')
    layNode('app')
    expect(programIn(await run(root, [], { old: true }).ended)).toBe(join(root, 'dist/kf.js'))
  })

  test('a program that dies by a signal makes the launcher die by the same one', async () => {
    const root = layPackage('kf')
    layNode('kf')
    expect(await run(root, ['die', 'SIGKILL'], { old: true }).ended).toMatchObject({
      code: null,
      signal: 'SIGKILL',
    })
    expect(await run(root, ['die', 'SIGTERM'], { old: true }).ended).toMatchObject({
      code: null,
      signal: 'SIGTERM',
    })
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s reaches the program, and its status comes back',
    async (signal) => {
      const root = layPackage('kf')
      layNode('kf')
      const { child, ended } = run(root, ['wait', signal], { old: true })
      await firstLine(child)
      child.kill(signal)
      const { code, out } = await ended
      expect(code).toBe(7)
      expect(out).toMatch(new RegExp(`\ngot ${signal}\n$`))
    },
  )

  test('a launcher that is killed outright takes its program along', async () => {
    const root = layPackage('kf')
    layNode('kf')
    const { child, ended } = run(root, ['wait', 'SIGTERM'], { old: true })
    await firstLine(child)
    child.kill('SIGKILL')
    // The streams close only when the program, which holds them too, is gone.
    const { signal, out } = await ended
    expect(signal).toBe('SIGKILL')
    expect(out).toMatch(/\ngot SIGTERM\n$/)
  })

  test('without a fitting Node two lines say what this is, what is needed and how to get it', async () => {
    const root = layPackage('kf')
    expect(await run(root, [], { old: true }).ended).toEqual({
      code: 1,
      signal: null,
      out: '',
      err:
        'kf: needs Node 24.15 or newer of line 24, or Node 26 or newer; ' +
        `this is Node 20.11.1 (${process.execPath})\n` +
        `kf: fix: on Linux x64 run \`npm ci\` in ${root} (it brings a fitting Node along); ` +
        'elsewhere install Node 26 from https://nodejs.org\n',
    })
  })

  test.each([
    { args: [], env: { LC_ALL: 'zh_CN.UTF-8' } },
    { args: ['serve', '--lang', 'zh-CN'], env: {} },
    { args: ['--lang=zh'], env: {} },
  ])('it says so in Chinese to whoever asks for it: $args $env', async ({ args, env }) => {
    const root = layPackage('kf')
    const { err } = await run(root, args, { old: true, env }).ended
    expect(err).toBe(
      `kf: 需要 Node 24.15 及以上的 24.x，或 Node 26 及以上；当前是 Node 20.11.1（${process.execPath}）\n` +
        `kf: 解决办法：Linux x64 上在 ${root} 运行 \`npm ci\`（会一并装好合适的 Node）；` +
        '其他系统请从 https://nodejs.org 安装 Node 26\n',
    )
  })

  test('a Node that cannot start here is named, and the next one is tried', async () => {
    const root = layPackage('app/node_modules/kf')
    const broken = layNode('app/node_modules/kf')
    rmSync(broken)
    writeFileSync(broken, '#!/no/such/interpreter\n')
    chmodSync(broken, 0o755)
    const { code, err } = await run(root, [], { old: true }).ended
    expect(code).toBe(1)
    expect(err.split('\n')[1]).toBe(`kf: ${broken} does not start: spawn ${broken} ENOENT`)

    layNode('app')
    expect(await run(root, ['exit', '3'], { old: true }).ended).toMatchObject({ code: 3, err: '' })
  })
})

describe('which Node fits', () => {
  test.each(['v24.15.0', 'v24.21.3', 'v26.0.0', '26.10.0', 'v30.1.0', 'v27.0.0-nightly'])(
    '%s does',
    (version) => {
      expect(fits(version)).toBe(true)
    },
  )

  test.each(['v14.21.3', 'v20.20.2', 'v22.22.0', 'v24.14.9', 'v25.9.0', '', 'latest'])(
    '%s does not',
    (version) => {
      expect(fits(version)).toBe(false)
    },
  )

  test('Nodes are found nearest first, and unfit ones are passed over', () => {
    layPackage('app/node_modules/kf')
    const far = layNode('app')
    const near = layNode('app/node_modules/kf', '24.15.0')
    layNode('.', '22.1.0')
    const found = findNodes(join(folder, 'app/node_modules/kf'), process.platform, process.arch)
    expect(found.filter(({ path }) => path.startsWith(folder))).toEqual([
      { path: near, version: '24.15.0' },
      { path: far, version: process.versions.node },
    ])
  })
})

function layPackage(place: string): string {
  const root = join(folder, place)
  cpSync(BIN, join(root, 'bin'), { recursive: true })
  writeFileSync(join(root, 'package.json'), '{"name":"kf","type":"module"}')
  for (const path of ['src/cli/main.ts', 'dist/kf.js']) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), PROGRAM)
  }
  return root
}

/** This test's Node as npm would have installed it below `place`; returns the binary's path. */
function layNode(place: string, version = process.versions.node): string {
  const home = join(folder, place, 'node_modules', NODE_PACKAGE)
  mkdirSync(join(home, 'bin'), { recursive: true })
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: NODE_PACKAGE, version }))
  symlinkSync(process.execPath, join(home, 'bin/node'))
  return join(home, 'bin/node')
}

type Ended = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

type RunOptions = {
  readonly old?: boolean
  readonly start?: string
  readonly env?: Readonly<Record<string, string>>
}

function run(
  root: string,
  args: readonly string[],
  options: RunOptions = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const preload = options.old === true ? ['--require', pretendOld] : []
  const child = spawn(process.execPath, [...preload, options.start ?? join(root, 'bin/kf'), ...args], {
    env: { PATH: process.env['PATH'], ...options.env },
    stdio: 'pipe',
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const ended = once(child, 'close').then(() => ({
    code: child.exitCode,
    signal: child.signalCode,
    out,
    err,
  }))
  return { child, ended }
}

function said(pid: number | undefined, program: string, args: readonly string[]): string {
  return `${JSON.stringify({ pid, program, args })}\n`
}

function programIn({ out, err }: Ended): unknown {
  if (out === '') throw new Error(`the program did not start: ${err}`)
  return (JSON.parse(out) as { readonly program: string }).program
}

async function firstLine(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error('standard output is no pipe')
  await once(child.stdout, 'data')
}
