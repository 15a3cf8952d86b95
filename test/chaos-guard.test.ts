import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { UndoStep } from '../src/chaos/fault/fault.ts'
import { healLeftovers, startGuard } from '../src/chaos/fault/guard.ts'
import { processFacts } from '../src/chaos/fault/proc.ts'
import { createUndoLog } from '../src/chaos/fault/undo.ts'
import { waitUntil } from './support/wait.ts'

const victim = fileURLToPath(new URL('./support/chaos-victim.ts', import.meta.url))
const launcher = fileURLToPath(new URL('../bin/kf', import.meta.url))

let root: string
let stateFolder: string
const undo: (() => unknown)[] = []
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kf-guard-'))
  stateFolder = join(root, 'state')
})
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
  rmSync(root, { recursive: true, force: true })
})

type Scene = {
  readonly pids: readonly number[]
  readonly toxiproxy: string
  readonly mounted: string | null
  readonly folder: string
}

/** A harness in mid-fault; a further line is what it says later. */
async function inMidFault(
  ttlMs: number,
): Promise<{ readonly child: ChildProcess; readonly scene: Scene; readonly lines: string[] }> {
  const child = spawn(process.execPath, [victim, stateFolder, root, launcher, String(ttlMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  undo.push(() => child.kill('SIGKILL'))
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  await waitUntil('the fault', () => lines.length > 0 || child.exitCode !== null)
  return { child, lines, scene: JSON.parse(lines[0] ?? '{}') as Scene }
}

function stateOf(pid: number): string | undefined {
  return processFacts(pid)?.state
}

function logs(): readonly string[] {
  return existsSync(stateFolder) ? readdirSync(stateFolder).filter((name) => name.startsWith('undo-')) : []
}

function isMounted(path: string): boolean {
  return readFileSync('/proc/self/mounts', 'utf8').includes(` ${path} `)
}

function allHealed({ pids, mounted, folder }: Scene): void {
  expect(pids.map(stateOf)).toEqual(pids.map(() => undefined))
  if (mounted !== null) expect(isMounted(mounted)).toBe(false)
  expect(existsSync(folder)).toBe(false)
}

describe('the guard', () => {
  test('heals everything when the harness is killed in mid-fault, and leaves nothing', async () => {
    const { child, scene } = await inMidFault(60_000)
    expect(scene.pids.map(stateOf)).toEqual(['T', 'T', 'T'])
    expect(await (await fetch(`${scene.toxiproxy}/proxies/visitors->node/toxics`)).json()).toHaveLength(2)
    expect(logs()).toEqual(['undo-victim.jsonl'])

    child.kill('SIGKILL')
    await waitUntil('the end of the guard', () => logs().length === 0)
    allHealed(scene)
    await expect(fetch(scene.toxiproxy)).rejects.toThrow()
    // The machine is free for the next.
    expect(await healLeftovers(stateFolder, process.pid)).toEqual({ healed: 0, left: [] })
  })

  test('heals everything when the ttl is over, and says so, while the harness hangs', async () => {
    const { scene, lines } = await inMidFault(300)
    await waitUntil('its word', () => lines.some((line) => line.includes('"ttl"')))
    allHealed(scene)
    expect(JSON.parse(lines.find((line) => line.includes('"ttl"')) ?? '{}')).toMatchObject({
      ttl: { left: [] },
    })
  })

  test('a second scenario is refused, with the name of the first', async () => {
    const first = await startGuard(options({ scenario: 'partition' }))
    undo.push(first.close)
    await expect(startGuard(options({ scenario: 'kill', run: 'other' }))).rejects.toMatchObject({
      code: 'chaos_running',
      message: `a chaos scenario is running already: partition, process ${process.pid}`,
    })
    await expect(healLeftovers(stateFolder, process.pid)).rejects.toMatchObject({ code: 'chaos_running' })
    await first.close()
    const next = await startGuard(options({ scenario: 'kill', run: 'other' }))
    expect(await next.close()).toEqual({ healed: 0, left: [] })
  })

  test('what was healed by its fault is not healed again; the rest is healed at the end', async () => {
    const child = await stopped()
    const guard = await startGuard(options({}))
    undo.push(guard.close)
    const done = await guard.undo({ do: 'kill', pid: child.pid, startedAt: child.startedAt, what: 'sleep' })
    await done.done()
    await guard.undo({ do: 'continue', pid: child.pid, startedAt: child.startedAt })
    expect(await guard.close()).toEqual({ healed: 1, left: [] })
    expect(stateOf(child.pid)).not.toBe('T')
    expect(stateOf(child.pid)).toBeDefined()
  })

  test('a guard that dies is told of, and nothing is injected any more', async () => {
    const told: string[] = []
    const guard = await startGuard(options({ onTrouble: ({ code }) => told.push(code) }))
    undo.push(guard.close)
    const pid = guardOf(process.pid)
    process.kill(pid, 'SIGKILL')
    await waitUntil('the word', () => told.length > 0)
    expect(told).toEqual(['guard_died'])
    await expect(guard.undo({ do: 'remove', path: '/kf-chaos-x' })).rejects.toMatchObject({
      code: 'guard_died',
    })
    expect(await guard.close()).toEqual({ healed: 0, left: [] })
  })
})

describe('what an earlier run has left', () => {
  test('is healed by the next one: processes, and a toxic over the API', async () => {
    const child = await stopped()
    const api = await toxiproxy()
    await leave([
      { do: 'remove-toxic', api: api.url, proxy: 'a->b', toxic: 'kf-latency' },
      { do: 'enable-proxy', api: api.url, proxy: 'a->b' },
      { do: 'continue', ...child },
    ])
    expect(await healLeftovers(stateFolder, process.pid)).toEqual({ healed: 3, left: [] })
    expect(stateOf(child.pid)).not.toBe('T')
    expect(api.calls).toContain('DELETE /proxies/a-%3Eb/toxics/kf-latency')
    expect(api.calls).toContain('POST /proxies/a-%3Eb {"enabled":true}')
    expect(logs()).toEqual([])
  })

  test('never signals a stranger that got the number of the process', async () => {
    const child = await stopped()
    const startedAt = String(Number(child.startedAt) - 1)
    await leave([
      { do: 'kill', pid: child.pid, startedAt, what: 'kf serve' },
      { do: 'continue', pid: child.pid, startedAt },
    ])
    expect(await healLeftovers(stateFolder, process.pid)).toEqual({ healed: 2, left: [] })
    expect(stateOf(child.pid)).toBe('T')
  })

  test('a folder that is not of a run is left alone, and said', async () => {
    const precious = join(root, 'precious')
    writeFileSync(precious, '')
    await leave([{ do: 'remove', path: precious }])
    const { healed, left } = await healLeftovers(stateFolder, process.pid)
    expect([healed, left]).toEqual([
      0,
      [`${precious}: precious is not in a folder of a chaos run, and is left alone`],
    ])
    expect(existsSync(precious)).toBe(true)
    await expect(startGuard(options({}))).rejects.toMatchObject({ code: 'not_healed' })
  })

  test('a line that the crash has cut, or that is none, stops nothing', async () => {
    const child = await stopped()
    const file = await leave([{ do: 'continue', ...child }])
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"n":7,"step":{"do":"burn"}}\nnull\n{"n":2,"st`)
    expect(await healLeftovers(stateFolder, process.pid)).toEqual({ healed: 1, left: [] })
    expect(stateOf(child.pid)).not.toBe('T')
  })
})

function options(more: Partial<Parameters<typeof startGuard>[0]>): Parameters<typeof startGuard>[0] {
  return {
    stateFolder,
    scenario: 'test',
    run: 'test',
    pid: process.pid,
    program: process.execPath,
    ttlMs: 60_000,
    onTtl: () => undefined,
    onTrouble: () => undefined,
    ...more,
  }
}

async function leave(steps: readonly UndoStep[]): Promise<string> {
  // Makes the folder.
  await healLeftovers(stateFolder, process.pid)
  const log = await createUndoLog(join(stateFolder, 'undo-earlier.jsonl'))
  for (const step of steps) await log.write(step)
  await log.close()
  return log.file
}

async function stopped(): Promise<{ readonly pid: number; readonly startedAt: string }> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  undo.push(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const pid = child.pid ?? 0
  child.kill('SIGSTOP')
  await waitUntil('the stop', () => stateOf(pid) === 'T')
  return { pid, startedAt: processFacts(pid)?.startedAt ?? '' }
}

function guardOf(parent: number): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number)
  const found = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('guard-process'))
  if (found === undefined) throw new Error('no guard')
  return found
}

/** What the guard says to a Toxiproxy. */
async function toxiproxy(): Promise<{ readonly url: string; readonly calls: readonly string[] }> {
  const calls: string[] = []
  const server = createServer((request: IncomingMessage, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      calls.push(`${request.method ?? ''} ${request.url ?? ''}${body === '' ? '' : ` ${body}`}`)
      if (request.url?.includes('/toxics/') === true) response.writeHead(404).end('{}')
      else response.writeHead(200, { 'content-type': 'application/json' }).end('{"enabled":true}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => server.close())
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`, calls }
}
