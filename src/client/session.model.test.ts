import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../core/clock.ts'
import type { Sender } from '../protocol/frames.ts'
import { createSession, threadKey } from './session.ts'
import { conversation, FakeServer } from './testing/server.ts'

/**
 * Two people in one conversation over connections that break at any instant, with answers lost, refused, late, overtaken or
 * told twice. When all is healed both hold what the server holds, and the server holds each send once, in the order sent.
 */
const people: readonly Sender[] = [
  { role: 'visitor', id: 'v1' },
  { role: 'agent', id: 'agent1', name: 'Lin' },
]

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('say' as const), who: fc.nat(1) }) },
  {
    weight: 8,
    arbitrary: fc.record({ does: fc.constantFrom('up' as const, 'down' as const), who: fc.nat(1) }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('flow' as const), who: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('publish' as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('cut' as const), who: fc.nat(1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constantFrom('tell twice' as const, 'probe' as const, 'no page' as const),
      who: fc.nat(1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('trouble' as const),
      who: fc.nat(1),
      what: fc.constantFrom(
        'silence' as const,
        { code: 'busy', stored: false } as const,
        { code: 'unavailable', stored: true } as const,
        { code: 'rate_limited', stored: false } as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant('time' as const), ms: fc.constantFrom(50, 300, 3_000, 11_000) }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function world() {
  const clock = manualClock()
  const server = new FakeServer()
  let seed = 1
  const random = (length: number) =>
    Uint8Array.from({ length }, () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      return seed >>> 24
    })
  const users = people.map((who) => {
    const link = server.link(who)
    const seen: number[] = []
    const said: string[] = []
    const outcomes = new Map<string, number>()
    const session = createSession({
      url: 'ws://server/ws',
      credentials: () => (who.role === 'visitor' ? { site: 's' } : { token: 't' }),
      openSocket: link.openSocket,
      clock,
      random,
      taps: {
        onMessage: ({ seq }) => seen.push(seq),
        onOutcome: ({ id }) => outcomes.set(id, (outcomes.get(id) ?? 0) + 1),
      },
    })
    session.start()
    return { who, link, session, seen, said, outcomes }
  })
  const user = (index: number) => {
    const found = users[index]
    if (found === undefined) throw new Error(`no user ${index}`)
    return found
  }
  return { clock, server, users, user }
}

function run({ clock, server, user }: ReturnType<typeof world>, action: Step): void {
  switch (action.does) {
    case 'say': {
      const { session, said } = user(action.who)
      said.push(session.send(conversation, { kind: 'text', text: `${said.length}` }, { epoch: 1 }))
      return
    }
    case 'up':
      if (!user(action.who).link.accept()) user(action.who).link.up()
      return
    case 'down':
      user(action.who).link.down()
      return
    case 'flow':
      while (user(action.who).link.accept() || user(action.who).link.up() || user(action.who).link.down());
      return
    case 'publish':
      server.publish()
      return
    case 'cut':
      user(action.who).link.cut()
      return
    case 'tell twice': {
      const last = server.log.at(-1)
      if (last !== undefined && user(action.who).session.state.connection.phase === 'ready')
        user(action.who).link.push(last)
      return
    }
    case 'no page':
      user(action.who).link.historyTrouble++
      return
    case 'probe':
      user(action.who).session.probe()
      return
    case 'trouble':
      user(action.who).link.trouble.push(action.what)
      return
    case 'time':
      clock.advance(action.ms)
  }
}

function heal({ clock, server, users }: ReturnType<typeof world>): void {
  for (const { link } of users) {
    link.trouble.length = 0
    link.historyTrouble = 0
  }
  for (let turn = 0; turn < 200; turn++) {
    server.publish()
    for (const { link } of users) while (link.accept() || link.up() || link.down());
    const quiet = users.every(({ session: { state } }) => {
      const thread = state.threads.get(threadKey(conversation, 'public'))
      return state.connection.phase === 'ready' && state.pending.length === 0 && thread?.behind === false
    })
    const held = users.every(
      ({ session }) =>
        session.state.threads.get(threadKey(conversation, 'public'))?.messages.at(-1)?.seq ===
        server.log.at(-1)?.seq,
    )
    if (quiet && held) return
    clock.advance(500)
  }
  throw new Error('did not come to rest')
}

describe('two sessions and a troubled server', () => {
  test('end with the server’s thread: nothing lost, nothing twice, all in order', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 120 }), (steps) => {
        const all = world()
        for (const action of steps) run(all, action)
        heal(all)
        const log = all.server.log.map(({ seq, id }) => ({ seq, id }))
        for (const { who, session, seen, said, outcomes } of all.users) {
          // Each send stored once, in the order sent, answered once.
          expect(all.server.log.filter(({ from }) => from.id === who.id).map(({ id }) => id)).toEqual(said)
          expect([...outcomes]).toEqual(said.map((id) => [id, 1]))
          // What was brought live or by pulls grows by one from where it began.
          expect(seen).toEqual(seen.map((_, index) => (seen[0] ?? 0) + index))
          const thread = session.state.threads.get(threadKey(conversation, 'public'))
          const held = thread?.messages.map(({ seq, id }) => ({ seq, id })) ?? []
          expect(held).toEqual(log.slice(log.length - held.length))
          expect(thread?.complete === true ? held.length : log.length).toBe(log.length)
        }
      }),
      { numRuns: 500 },
    )
  })
})
