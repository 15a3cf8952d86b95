import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { manualClock } from '../../core/clock.ts'
import { createLink, type Link } from './link.ts'
import { agent, eventually, visitor } from './links-in-test.ts'
import { BatchWriter } from './packed-batch.ts'
import type { FromWorker, FromWriter } from './wire.ts'
import { createWriterLink, type WriterLink } from './writer-link.ts'

/** The worker's end alone, against a writer that says nothing by itself. */
let folder: string
let server: Server | undefined
let link: WriterLink
let clock: ReturnType<typeof manualClock>
let pauses: number[]
let heard: string[]
let got: FromWorker[]
let writers: Link<FromWriter>[]
let onReset: () => void

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kf-link-'))
  clock = manualClock()
  pauses = []
  heard = []
  got = []
  writers = []
  onReset = () => undefined
  server = undefined
})
afterEach(() => {
  link.close()
  for (const writer of writers) writer.close()
  server?.close()
  rmSync(folder, { recursive: true })
})

const path = (): string => join(folder, 'writer.sock')

function startWriter(): void {
  server = createServer((socket) => {
    writers.push(
      createLink<FromWorker, FromWriter>(socket, {
        message: (message) => got.push(message),
        packed: () => undefined,
        closed: () => undefined,
      }),
    )
  }).listen({ path: path() })
}

function startWorker(): void {
  link = createWriterLink(
    {
      path: path(),
      worker: 3,
      run: 'r',
      clock: {
        ...clock,
        after: (ms, task) => {
          if (ms !== 1_000 || pauses.length > 0) pauses.push(ms)
          return clock.after(ms, task)
        },
      },
      maxPending: 10,
      requestWithinMs: 10_000,
      onReconnect: () => heard.push('reconnect'),
    },
    {
      up: (incarnation) => heard.push(`up ${incarnation}`),
      reset: () => {
        heard.push('reset')
        onReset()
      },
      message: () => undefined,
      relay: () => undefined,
      revoke: () => undefined,
      settled: () => undefined,
    },
  )
}

const hellos = () => got.filter((message) => message.t === 'hello')
const greet = (reset = false): void =>
  writers.at(-1)?.send({ t: 'hello', incarnation: 'i1', position: 5, reset })

test('a writer that is not there yet is tried each 10 ms without a word', async () => {
  startWorker()
  await eventually(() => expect(pauses).toEqual([10]))
  clock.advance(10)
  await eventually(() => expect(pauses).toEqual([10, 10]))
  startWriter()
  await eventually(() => {
    clock.advance(10)
    expect(got).toEqual([{ t: 'hello', worker: 3, run: 'r', incarnation: null, position: 0, present: [] }])
  })
  greet()
  await eventually(() => expect(heard).toEqual(['up i1']))
  expect(new Set(pauses)).toEqual(new Set([10]))
})

test('who comes or goes between hello and greeting is told right behind the greeting, before all requests', async () => {
  startWriter()
  startWorker()
  link.present(visitor)
  await eventually(() => expect(hellos()).toMatchObject([{ present: [visitor] }]))
  link.absent(visitor)
  link.present(agent)
  link.ask({ kind: 'mark_read', conversation: 'c1', role: 'agent', seq: 1 }, { answered: () => undefined }, 0)
  greet()
  await eventually(() => expect(got).toHaveLength(3))
  expect(got[1]).toEqual({ t: 'presence', up: [agent], down: ['v1'] })
  expect(got[2]).toMatchObject({ t: 'requests', requests: [{ n: 1 }] })
})

test('those whom a reset closes are told to the writer', async () => {
  startWriter()
  startWorker()
  link.present(visitor)
  await eventually(() => expect(hellos()).toHaveLength(1))
  onReset = () => link.absent(visitor)
  greet(true)
  await eventually(() => expect(got.at(-1)).toEqual({ t: 'presence', up: [], down: ['v1'] }))
  expect(heard).toEqual(['reset', 'up i1'])
})

test('tries come slower while nothing is answered, and quickly again after a batch', async () => {
  startWriter()
  startWorker()
  const lose = async (): Promise<number | undefined> => {
    await eventually(() => expect(writers).toHaveLength(hellos().length))
    greet()
    await eventually(() => expect(link.connected()).toBe(true))
    const before = pauses.length
    writers.at(-1)?.close()
    await eventually(() => expect(link.connected()).toBe(false))
    const pause = pauses[before]
    const known = hellos().length
    clock.advance(pause ?? 0)
    await eventually(() => expect(hellos()).toHaveLength(known + 1))
    return pause
  }
  await eventually(() => expect(hellos()).toHaveLength(1))
  const grown: (number | undefined)[] = []
  for (let i = 0; i < 6; i++) grown.push(await lose())
  expect(grown).toEqual([50, 100, 200, 400, 800, 1_000])
  greet()
  writers.at(-1)?.sendPacked(new BatchWriter(String).take(8))
  await eventually(() => expect(link.connected()).toBe(true))
  expect(await lose()).toBe(50)
  // What it said last is the position of that batch.
  expect(hellos().at(-1)).toMatchObject({ incarnation: 'i1', position: 8 })
})
