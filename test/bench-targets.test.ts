import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Series } from '../src/chaos/report/series.ts'
import { type Bench, processesWith, startBench } from './support/bench.ts'
import { waitUntil } from './support/wait.ts'

/** Targets that are not what they should be: a clear error or counted failures, and nothing left behind. */

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).toReversed()) cleanup()
})

function bench(...args: readonly string[]): Bench {
  const started = startBench(args)
  cleanups.push(started.discard)
  return started
}

async function addressOf(server: Server | WebSocketServer): Promise<string> {
  await once(server, 'listening')
  cleanups.push(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

function tcp(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    cleanups.push(() => socket.destroy())
    socket.on('error', () => {})
    onConnection(socket)
  })
  return addressOf(server.listen(0, '127.0.0.1'))
}

function answeringWith(bytes: string): Promise<string> {
  return tcp((socket) => {
    socket.once('data', () => socket.write(bytes))
  })
}

function tls(): Promise<string> {
  return addressOf(createTlsServer({}).listen(0, '127.0.0.1'))
}

async function unreachable(address: string): Promise<string> {
  const { said, result, folder } = bench(
    '--target',
    `http://${address}/`,
    '--site',
    'k',
    '--concurrency',
    '3',
  )
  expect((await result).code).toBe(1)
  expect(processesWith(folder)).toEqual([])
  const last = said().trim().split('\n').at(-1) ?? ''
  const prefix = `kf: none of 3 visitors could connect to kf at ${address}/ws: closed 1006: `
  const suffix = '; is it running, does it speak kf.v1, and may this host open sockets there?'
  expect(last.startsWith(prefix) && last.endsWith(suffix), last).toBe(true)
  return last.slice(prefix.length, -suffix.length)
}

test('a target of another protocol is one line that says what it answered', async () => {
  const page = await answeringWith('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
  expect(await unreachable(page)).toBe('the upgrade was answered with "HTTP/1.1 200 OK"')
  const garbage = await answeringWith('\u0000\u0001SSH-2.0\u001b[31m\r\n\r\n')
  expect(await unreachable(garbage)).toBe('the upgrade was answered with "..SSH-2.0.[31m"')
  expect(await unreachable(await tls())).toMatch(/upgrade was answered|ended before the upgrade|ECONNRESET/)
})

test('a target that accepts and never answers, or never greets, is one line after ten seconds', async () => {
  const silent = await tcp(() => {})
  const deaf = await addressOf(new WebSocketServer({ host: '127.0.0.1', port: 0 }))
  expect(await Promise.all([unreachable(silent), unreachable(deaf)])).toEqual([
    'no answer to the upgrade within 10000 ms',
    'no welcome within 10000 ms',
  ])
})

// As little of kf.v1 as visitors need.
async function smallKf(onSend: (id: string, ack: () => void) => void) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  const open = new Set<WebSocket>()
  const you = { role: 'visitor', id: 'v' }
  const limits = { frame_bytes: 1, text_chars: 1, preview_chars: 1, page_messages: 1, retract_within_ms: 1 }
  server.on('connection', (socket) => {
    open.add(socket)
    cleanups.push(() => {
      socket.terminate()
    })
    let seq = 0
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as { readonly type: string; readonly id: string }
      if (frame.type === 'hello')
        socket.send(
          JSON.stringify({
            type: 'welcome',
            incarnation: 'i',
            you,
            site: { id: 's', name: 's' },
            limits,
            conversations: [],
          }),
        )
      else if (frame.type === 'send')
        onSend(frame.id, () => {
          seq += 1
          socket.send(
            JSON.stringify({ type: 'ack', id: frame.id, conversation: 'c', stream: 'public', seq, at: 1 }),
          )
        })
      else if (frame.type === 'history')
        socket.send(
          JSON.stringify({
            type: 'page',
            conversation: 'c',
            stream: 'public',
            after: 0,
            messages: [],
            head: 0,
          }),
        )
    })
  })
  return {
    address: await addressOf(server),
    die: () => {
      server.close()
      for (const socket of open) socket.terminate()
    },
  }
}

const brief = ['--rate', '20', '--duration', '2', '--warmup', '0', '--site', 'k', '--json']

test('a slow target is measured as slow, and nothing of it is an error', async () => {
  const { address } = await smallKf((_id, ack) => setTimeout(ack, 300))
  const { result } = bench('--target', `http://${address}/`, '--concurrency', '4', ...brief)
  const { code, out } = await result
  expect([5, 6]).toContain(code)
  const [row] = (JSON.parse(out) as { readonly rows: readonly Readonly<Record<string, number>>[] }).rows
  expect(row).toMatchObject({ connected: 4, errors: 0 })
  expect(row?.['p50_ms']).toBeGreaterThanOrEqual(299)
})

test('a target that dies while it is measured: every message meant for it is an error, second by second', async () => {
  let acks = 0
  const dying = await smallKf((_id, ack) => {
    acks += 1
    if (acks <= 40) ack()
    else dying.die()
  })
  const { result, folder } = bench('--target', `http://${dying.address}/`, '--concurrency', '4', ...brief)
  const { code, out } = await result
  expect([5, 6]).toContain(code)
  const [row] = (JSON.parse(out) as { readonly rows: readonly Readonly<Record<string, number>>[] }).rows
  const { sent = 0, acked = 0, errors = 0 } = row ?? {}
  expect(sent).toBeGreaterThan(80)
  // Four of the forty opened the conversations.
  expect(acked).toBe(36)
  expect(errors).toBe(sent - acked)
  const [report = ''] = readdirSync(join(folder, 'reports'))
  const read = (name: string): string => readFileSync(join(folder, 'reports', report, name), 'utf8')
  const series = JSON.parse(read('raw/4-target-series.json')) as Series
  expect(series.seconds.reduce((sum, second) => sum + second.sent, 0)).toBe(sent)
  expect(series.seconds.reduce((sum, second) => sum + second.reconnects, 0)).toBe(4)
  expect(series.seconds.at(-1)?.connected).toBe(0)
  expect(read('details.json')).toContain('no ack within 5000 ms')
  expect(processesWith(folder)).toEqual([])
})

test('killed without a warning, it leaves no process behind', async () => {
  const { child, saying, folder } = bench('--concurrency', '20', '--duration', '600', '--warmup', '0')
  await saying('kf: measuring')
  expect(processesWith(folder).length).toBeGreaterThan(3)
  child.kill('SIGKILL')
  await waitUntil('every process of the bench to end', () =>
    Promise.resolve(processesWith(folder).length === 0),
  )
})
