import { beforeEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../core/clock.ts'
import type { KfError } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import type { FromChild, ToChild } from '../roles.ts'
import { restartDelayMs } from './backoff.ts'
import { Child, type ChildHandle } from './child.ts'

type Fake = ChildHandle & {
  readonly sent: ToChild[]
  killed: boolean
  readonly says: (message: FromChild) => void
  readonly exits: (code: number | null, signal?: string) => void
}

let clock: ManualClock
let forked: Fake[]
let log: string[]
let broken: KfError[]
let child: Child

beforeEach(() => {
  clock = manualClock()
  forked = []
  log = []
  broken = []
  child = new Child({
    name: 'writer',
    clock,
    startMessage: () => ({ t: 'stop' }),
    log: logInto(log),
    onBroken: (error) => broken.push(error),
    startWithinMs: 60_000,
    spawn: (on) => {
      const fake: Fake = {
        pid: 100 + forked.length,
        sent: [],
        killed: false,
        send: (message) => {
          fake.sent.push(message)
          return true
        },
        kill: () => {
          fake.killed = true
        },
        says: on.message,
        exits: (code, signal) => on.exit(code, signal ?? null),
      }
      forked.push(fake)
      return fake
    },
  })
})

function logInto(lines: string[]): Log {
  const push = (_: unknown, message: string): void => {
    lines.push(message)
  }
  return { info: push, warn: push, error: push }
}

const last = (): Fake => {
  const fake = forked.at(-1)
  if (fake === undefined) throw new Error('nothing was forked')
  return fake
}

describe('a child process', () => {
  it('is ready when it says so, with the port it listens on', async () => {
    child.start()
    expect(child.state).toBe('starting')
    last().says({ t: 'ready', port: 7000 })
    expect(child.state).toBe('ready')
    expect(await child.firstReady).toBe(7000)
  })

  it('is forked at once, and told to start when what it needs is there', async () => {
    const writer = Promise.withResolvers<number>()
    const sent: ToChild[] = []
    const worker = new Child({
      name: 'worker 0',
      clock,
      startMessage: () => ({ t: 'stop' }),
      startAfter: writer.promise,
      log: logInto([]),
      onBroken: () => undefined,
      spawn: () => ({ pid: 1, send: (message) => sent.push(message) > 0, kill: () => undefined }),
    })
    worker.start()
    expect([worker.pid, sent]).toEqual([1, []])
    writer.resolve(1)
    await writer.promise
    expect(sent).toEqual([{ t: 'stop' }])
  })

  it('breaks the start with the reason the child gives', async () => {
    child.start()
    last().says({ t: 'failed', code: 'disk_full', message: 'the disk is full', hint: 'free space' })
    last().exits(1)
    await expect(child.firstReady).rejects.toMatchObject({ code: 'disk_full', hint: 'free space' })
    expect(broken).toHaveLength(1)
    expect(forked).toHaveLength(1)
  })

  it('breaks the start when the child dies before it was ready', async () => {
    child.start()
    last().exits(null, 'SIGKILL')
    await expect(child.firstReady).rejects.toThrow('the writer was killed by SIGKILL before it was ready')
  })

  it('is replaced at once after its first death, with one line in the log', () => {
    child.start()
    last().says({ t: 'ready' })
    last().exits(null, 'SIGKILL')
    expect(log).toEqual(['writer (pid 100) was killed by SIGKILL; starting another'])
    expect(forked).toHaveLength(2)
    expect(child.pid).toBe(101)
    expect(child.restarts).toBe(1)
  })

  it('pauses longer and longer while it keeps dying, up to 5 s', () => {
    expect([1, 2, 3, 4, 7, 8, 50].map(restartDelayMs)).toEqual([0, 100, 200, 400, 3200, 5000, 5000])
    child.start()
    last().says({ t: 'ready' })
    last().exits(1)
    last().exits(1)
    expect(child.state).toBe('waiting')
    clock.advance(99)
    expect(forked).toHaveLength(2)
    clock.advance(1)
    expect(forked).toHaveLength(3)
  })

  it('is forgiven its deaths after 30 s of work', () => {
    child.start()
    for (let death = 0; death < 4; death++) {
      last().says({ t: 'ready' })
      clock.advance(30_000)
      last().exits(1)
      expect(child.state).toBe('starting')
    }
    expect(child.restarts).toBe(4)
  })

  it('is not replaced after a failed sync', () => {
    child.start()
    last().says({ t: 'ready' })
    last().exits(3)
    expect(child.state).toBe('broken')
    expect(broken[0]).toMatchObject({ code: 'store_failed' })
    clock.advance(60_000)
    expect(forked).toHaveLength(1)
  })

  it('is killed when it is not ready within its time', () => {
    child.start()
    clock.advance(60_000)
    expect(last().killed).toBe(true)
  })

  it('carries a call to the answer of the same number', async () => {
    child.start()
    last().says({ t: 'ready' })
    const answer = child.call({ call: 'agents.list', args: {} })
    expect(last().sent.at(-1)).toEqual({ t: 'admin', q: 1, call: 'agents.list', args: {} })
    last().says({ t: 'answer', q: 1, ok: true, result: ['x'] })
    expect(await answer).toEqual(['x'])
  })

  it('rejects calls in flight when it dies, and any call while it is away', async () => {
    child.start()
    last().says({ t: 'ready' })
    const answer = child.call({ call: 'agents.list', args: {} })
    last().exits(null, 'SIGKILL')
    await expect(answer).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the writer was killed by SIGKILL',
    })
    await expect(child.call({ call: 'agents.list', args: {} })).rejects.toThrow('the writer is starting')
  })

  it('gives a call up after 10 s', async () => {
    child.start()
    last().says({ t: 'ready' })
    const answer = child.call({ call: 'agents.list', args: {} })
    clock.advance(10_000)
    await expect(answer).rejects.toThrow('the writer did not answer within 10000 ms')
  })

  it('is not replaced once it was told to stop', async () => {
    child.start()
    last().says({ t: 'ready' })
    child.stop({ t: 'stop' })
    expect(last().sent.at(-1)).toEqual({ t: 'stop' })
    last().exits(0)
    await child.gone
    expect(child.state).toBe('stopped')
    expect(forked).toHaveLength(1)
  })

  it('stops while it waits for its next start', async () => {
    child.start()
    last().says({ t: 'ready' })
    last().exits(1)
    last().exits(1)
    child.stop({ t: 'stop' })
    await child.gone
    clock.advance(60_000)
    expect(forked).toHaveLength(2)
  })

  it('ignores what a dead predecessor still says', () => {
    child.start()
    const first = last()
    first.says({ t: 'ready' })
    first.exits(1)
    first.says({ t: 'ready' })
    expect(child.state).toBe('starting')
  })
})
