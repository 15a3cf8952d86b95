import { describe, expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../core/clock.ts'
import { uuidv7 } from '../core/ids.ts'
import type { AgentCommand, Send } from '../protocol/frames.ts'
import type { OutboxLock, OutboxStorage } from './contract.ts'
import { Outbox } from './outbox.ts'

const a = 'aaaaaaaaaaaaaaaa'
const b = 'bbbbbbbbbbbbbbbb'
let made = 0

function send(conversation: string, words = 'hello'): Send {
  const id = uuidv7(1_700_000_000_000 + made++)
  return { type: 'send', id, conversation, body: { kind: 'text', text: words } }
}

type Setup = {
  readonly storage?: OutboxStorage
  readonly lock?: OutboxLock
  readonly clock?: ManualClock
}

function setup({ storage, lock, clock = manualClock() }: Setup = {}) {
  const wire: string[] = []
  const timeouts: string[] = []
  const line = { up: true }
  const outbox = new Outbox({
    clock,
    random: (length) => new Uint8Array(length).fill(255),
    limit: 100,
    laneOf: (frame) => frame.conversation ?? '',
    transmit: (entry) => {
      if (line.up) wire.push(entry.id)
      return line.up
    },
    onTimeout: (id) => timeouts.push(id),
    onChange: () => undefined,
    storage,
    lock,
  })
  const add = (frame: Send | AgentCommand): string => {
    outbox.add(frame)
    return frame.id
  }
  return { clock, wire, timeouts, line, outbox, add }
}

function memory(text?: string) {
  const kept = { text }
  const storage: OutboxStorage = {
    load: () => kept.text,
    save: (saved) => {
      kept.text = saved
    },
  }
  return { kept, storage }
}

describe('an outbox', () => {
  test('a pause of one lane holds no other back', () => {
    const { outbox, wire, add, clock } = setup()
    const first = add(send(a))
    outbox.unknown(first, 1_000, true)
    const behind = add(send(a))
    const other = add(send(b))
    expect(wire).toEqual([first, other])
    clock.advance(1_000)
    expect(wire).toEqual([first, other, first, behind])
  })

  test('resends from the refused one on, and leaves those before it alone', () => {
    const { outbox, wire, add, clock } = setup()
    const [first, second, third] = [add(send(a)), add(send(a)), add(send(a))]
    outbox.unknown(second, 10, true)
    clock.advance(10)
    expect(wire).toEqual([first, second, third, second, third])
  })

  test('resends even where the timer fires a little before its time, as timers do', () => {
    const manual = manualClock()
    const { outbox, wire, add } = setup({
      clock: { ...manual, after: (delayMs, task) => manual.after(Math.max(0, delayMs - 0.4), task) },
    })
    const id = add(send(a))
    outbox.unknown(id, 100, true)
    manual.advance(99.8)
    expect(wire).toEqual([id, id])
  })

  test('without retry_after_ms the wait doubles with each refusal, up to 15 s, and an ack ends that', () => {
    const { outbox, wire, add, clock } = setup()
    const id = add(send(a))
    for (const wait of [299, 599, 1_199, 2_399, 4_799, 9_599, 14_999, 14_999]) {
      outbox.unknown(id, undefined, true)
      const before = wire.length
      clock.advance(wait - 1)
      expect(wire).toHaveLength(before)
      clock.advance(1)
      expect(wire).toHaveLength(before + 1)
    }
    outbox.settle(id, true)
    const next = add(send(a))
    outbox.unknown(next, undefined, true)
    clock.advance(299)
    expect(wire.at(-1)).toBe(next)
  })

  test('a late answer to an earlier try changes nothing but settles', () => {
    const { outbox, add } = setup()
    const id = add(send(a))
    expect(outbox.unknown(id, 100, true)).toBe(true)
    expect(outbox.unknown(id, 100, true)).toBe(false)
    expect(outbox.settle(id, true)?.id).toBe(id)
    expect(outbox.settle(id, true)).toBeUndefined()
    expect(outbox.reject(id, { code: 'filtered', message: '' })).toBeUndefined()
  })

  test('at most 16 of a lane are on their way', () => {
    const { outbox, wire, add } = setup()
    const ids = Array.from({ length: 20 }, () => add(send(a)))
    expect(wire).toEqual(ids.slice(0, 16))
    outbox.settle(ids[0] ?? '', true)
    expect(wire).toEqual(ids.slice(0, 17))
  })

  test('what follows a command in its lane waits for its answer', () => {
    const { outbox, wire, add } = setup()
    const first = add(send(a))
    const command = add({ type: 'release', id: uuidv7(1), conversation: a, epoch: 1 })
    const behind = add(send(a))
    const other = add(send(b))
    expect(wire).toEqual([first, command, other])
    outbox.settle(first, true)
    expect(wire).toEqual([first, command, other])
    outbox.settle(command, true)
    expect(wire).toEqual([first, command, other, behind])
  })

  test('what is on its way when the line breaks goes again, in order', () => {
    const { outbox, wire, line, add } = setup()
    const [first, second] = [add(send(a)), add(send(b))]
    line.up = false
    outbox.down()
    const third = add(send(a))
    expect(outbox.pending().map(({ status }) => status)).toEqual(['waiting', 'waiting', 'waiting'])
    line.up = true
    outbox.pump()
    expect(wire).toEqual([first, second, first, second, third])
  })

  test('the oldest send without an answer for 10 s is the one that is late', () => {
    const { outbox, wire, timeouts, add, clock } = setup()
    const first = add(send(a))
    clock.advance(6_000)
    const second = add(send(b))
    clock.advance(4_000)
    expect(timeouts).toEqual([first])
    expect(wire).toEqual([first, second, first])
    outbox.settle(first, true)
    clock.advance(6_000)
    expect(timeouts).toEqual([first, second])
  })

  test('what was acked goes once more, unseen, where another copy of it is refused afterwards', () => {
    const { outbox, wire, add, clock } = setup()
    const id = add(send(a))
    clock.advance(10_000)
    expect(wire).toEqual([id, id])
    expect(outbox.settle(id, true)?.id).toBe(id)
    expect(outbox.pending()).toEqual([])
    expect(outbox.unknown(id, 100, true)).toBe(true)
    clock.advance(100)
    expect(wire).toEqual([id, id, id])
    expect(outbox.settle(id, true)).toBeUndefined()
    expect(outbox.get(id)).toBeUndefined()
  })

  test('what was acked is kept for the answers to its other copies, for 10 s at most', () => {
    const { outbox, wire, timeouts, add, clock } = setup()
    const id = add(send(a))
    clock.advance(10_000)
    outbox.settle(id, true)
    expect(outbox.get(id)?.told).toBe(true)
    clock.advance(10_000)
    expect(outbox.get(id)).toBeUndefined()
    expect(wire).toEqual([id, id])
    expect(timeouts).toEqual([id])
  })

  test('a rejected command leaves, a rejected send stays failed until discarded', () => {
    const { outbox, add } = setup()
    const command = add({ type: 'close', id: uuidv7(1), conversation: a, epoch: 1 })
    const id = add(send(a))
    const error = { code: 'stale_epoch', message: 'too late' }
    outbox.reject(command, error)
    outbox.reject(id, error)
    outbox.down()
    expect(outbox.pending()).toMatchObject([{ id, status: 'failed', error }])
    expect(outbox.discard(id)?.id).toBe(id)
    expect(outbox.discard(id)).toBeUndefined()
    expect(outbox.pending()).toEqual([])
  })
})

describe('a stored outbox', () => {
  test('brings sends back after a reload, the failed ones as failed, and forgets commands', () => {
    const { kept, storage } = memory()
    const before = setup({ storage })
    before.line.up = false
    before.outbox.open()
    const waiting = before.add(send(a, '等一下'))
    const failed = before.add(send(b))
    before.add({ type: 'close', id: uuidv7(1), conversation: a, epoch: 1 })
    before.outbox.reject(failed, { code: 'filtered', message: 'no' })

    const after = setup({ storage: memory(kept.text).storage })
    const own = after.add(send(a))
    after.outbox.open()
    expect(after.outbox.pending()).toMatchObject([
      { id: waiting, status: 'sending', body: { kind: 'text', text: '等一下' }, made: before.clock.now() },
      { id: failed, status: 'failed', error: { code: 'filtered', message: 'no' } },
      { id: own, status: 'sending' },
    ])
    expect(after.wire).toEqual([own, waiting])
  })

  test('is empty again when everything is answered', () => {
    const { kept, storage } = memory()
    const { outbox, add } = setup({ storage })
    outbox.open()
    outbox.settle(add(send(a)), true)
    expect(kept.text).toBe('[]')
  })

  test('waits for the lock before it takes over what other tabs left, and sends its own meanwhile', () => {
    const { kept, storage } = memory()
    const gone = setup({ storage })
    gone.line.up = false
    const left = gone.add(send(a))
    let hold: (() => void) | undefined
    let released = 0
    const lock: OutboxLock = (held) => {
      hold = held
      return () => released++
    }
    const { outbox, wire, add } = setup({ storage, lock })
    outbox.open()
    const id = add(send(a))
    expect(wire).toEqual([id])
    hold?.()
    expect(wire).toEqual([id, left])
    outbox.settle(left, true)
    expect(kept.text).not.toContain(left)
    expect(kept.text).toContain(id)
    outbox.close()
    expect(released).toBe(1)
  })

  test('keeps what other tabs wait for while its own come and go', () => {
    const { kept, storage } = memory()
    const one = setup({ storage })
    const two = setup({ storage })
    const first = one.add(send(a))
    const second = two.add(send(a))
    one.outbox.settle(first, true)
    expect(kept.text).not.toContain(first)
    expect(kept.text).toContain(second)
    two.outbox.settle(second, true)
    expect(kept.text).toBe('[]')
  })

  test.each([
    '',
    '{',
    '7',
    '[null,7,{}]',
    '[{"frame":{"type":"ping"}}]',
    '[{"frame":{"type":"send","id":"x"}}]',
  ])('holding %j brings nothing back and stops nothing', (text) => {
    const { outbox, wire, add } = setup({ storage: memory(text).storage })
    outbox.open()
    const id = add(send(a))
    expect(outbox.pending().map((one) => one.id)).toEqual([id])
    expect(wire).toEqual([id])
  })

  test('that throws leaves an outbox in memory', () => {
    const broken = (): never => {
      throw new Error('quota exceeded')
    }
    const { outbox, wire, add } = setup({ storage: { load: broken, save: broken } })
    outbox.open()
    const id = add(send(a))
    expect(wire).toEqual([id])
  })
})
