import { describe, expect, test } from 'vitest'
import type { SocketEvents } from '../../client/session.ts'
import { manualClock } from '../../core/clock.ts'
import type { ClientFrame, ServerFrame, Welcome } from '../../protocol/frames.ts'
import { wireLimits } from '../../protocol/limits.ts'
import { Person } from './person.ts'
import { hashOf } from './placed.ts'
import type { OpenPlug, Plug } from './plug.ts'
import type { Note } from './recorder.ts'

const c = 'cccccccccccccccc'
const body = { kind: 'text', text: '在吗' } as const
const welcome: Welcome = {
  type: 'welcome',
  incarnation: 'one',
  you: { role: 'visitor', id: 'V' },
  site: { id: 's', name: 'Shop' },
  token: 'secret',
  limits: wireLimits,
  conversations: [],
}

/** A person on a socket that the test plays by hand. */
function setup() {
  const clock = manualClock()
  const notes: Note[] = []
  const sent: ClientFrame[] = []
  let events: SocketEvents | undefined
  let closed: ((code: number) => void) | undefined
  const openPlug: OpenPlug = (_address, { onPlug, onGone }) => {
    return (_url, _protocol, opened) => {
      events = opened
      const end = (code: number): void => {
        onGone(plug, code)
        opened.onclose(code)
      }
      const plug: Plug = {
        cut: () => {
          end(1006)
        },
        read: () => {},
      }
      closed = end
      onPlug(plug)
      return { send: (text) => sent.push(JSON.parse(text) as ClientFrame), close: end }
    }
  }
  const person = new Person({
    name: 'v1',
    side: 'visitors',
    address: () => 'ws://server/ws',
    site: 'site',
    token: undefined,
    clock,
    random: (length) => Uint8Array.from({ length }, () => notes.length & 255),
    note: (note) => notes.push(note),
    openPlug,
  })
  const say = (...frames: readonly ServerFrame[]): void => {
    for (const frame of frames) events?.onmessage(JSON.stringify(frame))
  }
  const come = (more: Partial<Welcome> = {}): void => {
    events?.onopen()
    say({ ...welcome, ...more })
  }
  const idOf = (n: number): string => {
    const frame = sent.filter(({ type }) => type === 'send')[n]
    return frame?.type === 'send' ? frame.id : ''
  }
  const ack = (id: string, seq: number): void => {
    say({ type: 'ack', id, conversation: c, stream: 'public', seq, at: 1 })
  }
  return { person, clock, notes, sent, say, come, idOf, ack, closed: (code: number) => closed?.(code) }
}

const up = {
  e: 'up',
  p: 'v1',
  conn: 1,
  resumed: false,
  incarnation: 'one',
  you: { role: 'visitor', id: 'V' },
} as const

describe('what a person does stands in the history', () => {
  test('a message, its ack, and that it was shown', () => {
    const { person, notes, come, idOf, ack } = setup()
    person.start()
    come()
    person.say(undefined, body)
    const id = idOf(0)
    ack(id, 1)
    const hash = hashOf('public', body)
    expect(notes).toEqual([
      up,
      { e: 'invoke', p: 'v1', id, conn: 1, hash, stream: 'public' },
      { e: 'seen', p: 'v1', conversation: c, stream: 'public', seq: 1, id, from: 'V', role: 'visitor', hash },
      { e: 'ok', p: 'v1', id, conversation: c, stream: 'public', seq: 1 },
    ])
    expect(person.open).toBe(0)
  })

  test('what is said without a connection is invoked at once, and sent when there is one', () => {
    const { person, notes, come, idOf } = setup()
    person.start()
    person.say(undefined, body)
    come()
    const id = idOf(0)
    expect(notes.map(({ e }) => e)).toEqual(['invoke', 'up', 'info'])
    expect(notes[0]).toMatchObject({ id, conn: 0 })
    expect(notes[2]).toEqual({ e: 'info', p: 'v1', id, why: 'retry', conn: 1 })
  })

  test('a lost connection, the resume with its cursor, and the same id again', () => {
    const { person, clock, notes, come, idOf, ack } = setup()
    person.start()
    come()
    person.say(undefined, body)
    ack(idOf(0), 1)
    person.say(undefined, body)
    const id = idOf(1)
    notes.length = 0
    expect(person.cut()).toBe(true)
    expect(person.connected).toBe(false)
    clock.advance(300)
    const summary = {
      id: c,
      head: 1,
      state: 'queued',
      epoch: 0,
      owner: null,
      read: { visitor: 0, agent: 0 },
    } as const
    come({ conversations: [summary] })
    expect(notes).toEqual([
      { e: 'down', p: 'v1', conn: 1, code: 1006 },
      { e: 'info', p: 'v1', id, why: 'lost' },
      { ...up, conn: 2, resumed: true, after: { [`${c}/public`]: 1 } },
      { e: 'info', p: 'v1', id, why: 'retry', conn: 2 },
    ])
    expect(idOf(2)).toBe(id)
  })

  test('of what the server no longer lists nothing is resumed', () => {
    const { person, clock, notes, come, idOf, ack } = setup()
    person.start()
    come()
    person.say(undefined, body)
    ack(idOf(0), 1)
    person.cut()
    clock.advance(300)
    come()
    expect(notes.at(-1)).toEqual({ ...up, conn: 2, resumed: true, after: {} })
  })

  test('a refusal leaves a message open, a rejection does not', () => {
    const { person, notes, come, idOf, say } = setup()
    person.start()
    come()
    person.say(undefined, body)
    const id = idOf(0)
    say({ type: 'error', id, code: 'busy', message: 'later', retry_after_ms: 50 })
    expect(notes.at(-1)).toEqual({ e: 'info', p: 'v1', id, why: 'refused', code: 'busy' })
    expect(person.open).toBe(1)
    say({ type: 'error', id, code: 'filtered', message: 'no' })
    expect(notes.at(-1)).toEqual({ e: 'fail', p: 'v1', id, code: 'filtered' })
    expect(person.open).toBe(0)
  })

  test('a command carries its name and no hash; what was stopped before its answer stays unknown', async () => {
    const { person, notes, come } = setup()
    person.start()
    come()
    const outcome = person.command({ type: 'close', conversation: c, epoch: 3 })
    expect(notes.at(-1)).toMatchObject({
      e: 'invoke',
      conn: 1,
      hash: 0,
      conversation: c,
      epoch: 3,
      command: 'close',
    })
    person.stop()
    expect(await outcome).toMatchObject({ code: 'abandoned' })
    expect(notes.some(({ e }) => e === 'fail')).toBe(false)
  })

  test('being cut for reading too slowly is counted', () => {
    const { person, come, closed } = setup()
    person.start()
    come()
    closed(4413)
    expect(person.cutForSlowness).toBe(1)
  })
})
