import { beforeEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../core/clock.ts'
import type { KfError } from '../../core/errors.ts'
import type { ServerConfig } from '../config/server.ts'
import type { Snapshot } from '../config/snapshot.ts'
import type { ChildRole, FromChild, ToChild } from '../roles.ts'
import { NodeChildren } from './node.ts'

type Fake = {
  readonly role: ChildRole
  readonly sent: ToChild[]
  killed: boolean
  readonly says: (message: FromChild) => void
  readonly exits: (code: number | null) => void
}

const config: ServerConfig = {
  listen: { host: '127.0.0.1', port: 7000 },
  adminListen: { host: '127.0.0.1', port: 7001 },
  workers: 2,
  data: '/srv/kf/data',
}
// No process of this test looks into it.
const snapshot = {} as Snapshot
const site = { id: 's', key: 'k', name: 'default' }

let clock: ManualClock
let forked: Fake[]
let broken: KfError[]
let behind: string[]
beforeEach(() => {
  clock = manualClock()
  forked = []
  broken = []
  behind = []
})

function nodeOf(overrides: Partial<ServerConfig> = {}): NodeChildren {
  const quiet = (): void => undefined
  return new NodeChildren({
    config: { ...config, ...overrides },
    configuration: {
      start: () => Promise.resolve(),
      inEffect: { revision: 1, snapshot },
      behind: () => behind,
      drift: null,
    },
    run: 'r',
    clock,
    log: { info: quiet, warn: quiet, error: quiet },
    logFormat: 'json',
    onBroken: (error) => broken.push(error),
    ownStats: () => ({ rss_bytes: 1 }),
    spawn: (role) => (on) => {
      const fake: Fake = {
        role,
        sent: [],
        killed: false,
        says: on.message,
        exits: (code) => on.exit(code, null),
      }
      forked.push(fake)
      return {
        pid: forked.length,
        send: (message) => fake.sent.push(message) > 0,
        kill: () => {
          fake.killed = true
        },
      }
    },
  })
}

const child = (index: number): Fake => {
  const fake = forked[index]
  if (fake === undefined) throw new Error(`child ${index} was not forked`)
  return fake
}

/** Lets promises that are settled run on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function startedNode(): Promise<NodeChildren> {
  const node = nodeOf()
  const started = node.start()
  child(0).says({ t: 'ready' })
  await settled()
  child(1).says({ t: 'ready', port: 7000 })
  child(2).says({ t: 'ready', port: 7000 })
  child(0).says({ t: 'answer', q: 1, ok: true, result: { site } })
  expect(await started).toEqual({ site })
  return node
}

describe('the children of a node', () => {
  it('are forked together; the workers start when the writer is ready, while the site is looked up', async () => {
    const node = nodeOf()
    void node.start()
    expect(forked.map(({ role, sent }) => [role, sent.length])).toEqual([
      ['writer', 1],
      ['worker', 0],
      ['worker', 0],
    ])
    child(0).says({ t: 'ready' })
    await settled()
    expect(child(0).sent.at(-1)).toEqual({ t: 'admin', q: 1, call: 'bootstrap', args: {} })
    expect(child(2).sent).toEqual([
      {
        t: 'start',
        role: 'worker',
        worker: 1,
        run: 'r',
        data: '/srv/kf/data',
        config,
        revision: 1,
        snapshot,
        logFormat: 'json',
        listen: { host: '127.0.0.1', port: 7000 },
      },
    ])
    expect(node.notReady()).toEqual(['worker 0: starting', 'worker 1: starting'])
  })

  it('share the port that the first worker got where any port was asked for', async () => {
    const node = nodeOf({ listen: { host: '127.0.0.1', port: 0 } })
    void node.start()
    child(0).says({ t: 'ready' })
    await settled()
    expect(child(1).sent[0]).toMatchObject({ listen: { port: 0 } })
    expect(child(2).sent).toEqual([])
    child(1).says({ t: 'ready', port: 40_123 })
    await settled()
    expect(child(2).sent[0]).toMatchObject({ listen: { port: 40_123 } })
    expect(node.address).toEqual({ host: '127.0.0.1', port: 40_123 })
  })

  it('are ready together, and say who is missing or silent', async () => {
    const node = await startedNode()
    expect(node.notReady()).toEqual([])
    child(1).exits(1)
    expect(node.notReady()).toEqual(['worker 0: starting'])
    clock.advance(11_000)
    expect(node.notReady()).toEqual([
      'writer: silent for 11 s',
      'worker 0: starting',
      'worker 1: silent for 11 s',
    ])
    child(0).says({ t: 'stats', stats: { commits_total: 7 } })
    child(2).says({ t: 'stats', stats: { sessions: 3 } })
    expect(node.notReady()).toEqual(['worker 0: starting'])
    expect(node.sources()).toEqual([
      { role: 'supervisor', stats: { rss_bytes: 1, ready: 0, restarts_total: 1 } },
      { role: 'writer', stats: { commits_total: 7 } },
      { role: 'worker', worker: 0, stats: {} },
      { role: 'worker', worker: 1, stats: { sessions: 3 } },
    ])
  })

  it('stay without a writer for good when a sync failed', async () => {
    const node = await startedNode()
    child(0).exits(3)
    clock.advance(60_000)
    expect(forked).toHaveLength(3)
    expect(broken.map((error) => error.code)).toEqual(['store_failed'])
    expect(node.notReady()[0]).toBe('writer: failed for good; restart kf after the cause is gone')
    await expect(node.call({ call: 'agents.list', args: {} })).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('drain in order: the workers, then the writer', async () => {
    const node = await startedNode()
    const drained = node.drain()
    expect(node.drain()).toBe(drained)
    expect(node.notReady()[0]).toBe('draining')
    expect(child(1).sent.at(-1)).toEqual({ t: 'drain', within_ms: 8_000 })
    child(1).exits(0)
    await settled()
    expect(child(0).sent.at(-1)).toMatchObject({ t: 'admin' })
    child(2).exits(0)
    await settled()
    expect(child(0).sent.at(-1)).toEqual({ t: 'stop' })
    child(0).exits(0)
    await drained
    expect(forked).toHaveLength(3)
  })

  it('are killed when they do not end: the workers after 8.5 s, the writer after 10 s', async () => {
    const node = await startedNode()
    const drained = node.drain()
    clock.advance(8_499)
    expect(forked.map((fake) => fake.killed)).toEqual([false, false, false])
    clock.advance(1)
    expect(forked.map((fake) => fake.killed)).toEqual([false, true, true])
    child(1).exits(null)
    child(2).exits(null)
    await settled()
    clock.advance(1_500)
    expect(child(0).killed).toBe(true)
    child(0).exits(null)
    await drained
  })

  it('fail the start with the reason of the first that cannot', async () => {
    const node = nodeOf()
    const started = node.start()
    child(0).says({ t: 'failed', code: 'store_from_newer_kf', message: 'newer' })
    await expect(started).rejects.toMatchObject({ code: 'store_from_newer_kf' })
  })
})
