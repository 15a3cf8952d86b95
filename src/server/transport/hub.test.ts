import { describe, expect, test } from 'vitest'
import type { AgentRecord, Directory } from '../storage/store.ts'
import { Hub } from './hub.ts'
import {
  agentCaller,
  delivered,
  type SessionInTest,
  sessionOf,
  summary,
  visitorCaller,
} from './session-in-test.ts'

function start() {
  const told: string[] = []
  const ended = new Set<string>()
  const looked: string[] = []
  const agent = { id: 'a1', disabled: false, mustChangePassword: false } as AgentRecord
  const hub = new Hub({
    present: ({ id }) => told.push(`${id} present`),
    absent: ({ id }) => told.push(`${id} absent`),
    directory: {
      session: (tokenHash: string) => {
        looked.push(tokenHash)
        return ended.has(tokenHash) ? undefined : { tokenHash, agent: 'a1', createdAt: 0, expiresAt: 100 }
      },
      agent: () => agent,
    } as unknown as Directory,
    now: () => 50,
  })
  const add = (t: SessionInTest): SessionInTest => {
    t.session.enter(summary(0), false)
    hub.add(t.session)
    return t
  }
  const agentSession = (id: string, tokenHash: string): SessionInTest =>
    add(sessionOf({ ...agentCaller, id, tokenHash }))
  return { hub, told, ended, looked, add, agentSession, visitor: () => add(sessionOf(visitorCaller)) }
}

describe('the hub', () => {
  test('tells of the first and the last session of an identity only', () => {
    const { hub, told, visitor } = start()
    const [one, two] = [visitor(), visitor()]
    hub.remove(one.session)
    hub.remove(one.session)
    expect([told, hub.size]).toEqual([['v1 present'], 1])
    hub.remove(two.session)
    hub.remove(two.session)
    expect([told, hub.size]).toEqual([['v1 present', 'v1 absent'], 0])
  })

  test('publishes to all sessions of the audience but the sender, each by its own cursor', () => {
    const { hub, visitor, agentSession } = start()
    const [sender, tab, owner, other] = [
      visitor(),
      visitor(),
      agentSession('a1', 'x'),
      agentSession('a2', 'y'),
    ]
    hub.publish(delivered(1, { to: ['v1', 'a1', 'nobody'] }), sender.session)
    expect([sender, tab, owner, other].map(({ told }) => told())).toEqual([
      [],
      ['message 1'],
      ['message 1'],
      [],
    ])
    hub.publish(delivered(1, { to: ['v1'] }))
    expect([sender, tab].map(({ told }) => told())).toEqual([['message 1'], []])
  })

  test('relays frames as they are', () => {
    const { hub, visitor } = start()
    const one = visitor()
    hub.relay(['v1', 'nobody'], '{"type":"pong"}')
    expect(one.frames()).toEqual([{ type: 'pong' }])
  })

  test("a revoke looks at that agent's sessions again, and ends those that are over", () => {
    const { hub, ended, looked, agentSession, visitor } = start()
    const [dead, alive, other] = [
      agentSession('a1', 'dead'),
      agentSession('a1', 'alive'),
      agentSession('a2', 'x'),
    ]
    const bystander = visitor()
    ended.add('dead')
    hub.revoke('a1')
    expect(looked).toEqual(['dead', 'alive'])
    expect(dead.closes).toEqual([{ code: 4401, reason: 'the session ended' }])
    expect([alive, other, bystander].map(({ closes }) => closes)).toEqual([[], [], []])
    hub.revoke('nobody')
  })

  test('a round of rechecks looks at each agent once, a slice at a time', () => {
    const { hub, looked, agentSession, visitor } = start()
    visitor()
    for (const hash of ['a', 'b', 'c', 'd', 'e']) agentSession(hash, hash)
    expect(hub.agents).toBe(5)
    hub.recheck(2)
    hub.recheck(2)
    hub.recheck(2)
    expect(looked).toEqual(['a', 'b', 'c', 'd', 'e'])
    hub.recheck(1)
    expect(looked.at(-1)).toBe('a')
  })

  test('drain tells everyone a time of their own, and closing all leaves nobody', () => {
    const { hub, visitor, agentSession } = start()
    const all = [visitor(), visitor(), agentSession('a1', 'x')]
    const random = [0, 0.5, 0.9999]
    hub.drain(5_000, () => random.shift() ?? 0)
    expect(all.map(({ frames }) => frames())).toEqual(
      [0, 2_500, 5_000].map((reconnect_after_ms) => [{ type: 'drain', reconnect_after_ms }]),
    )
    hub.closeAll(1001, 'bye')
    expect(all.map(({ closes }) => closes)).toEqual(all.map(() => [{ code: 1001, reason: 'bye' }]))
  })
})
