import { expect, test } from 'vitest'
import {
  end,
  event,
  invoke,
  type Line,
  of,
  ok,
  options,
  placed,
  read,
  readBack,
  stored,
} from './testing/lines.ts'

// ── gapless ─────────────────────────────────────────────────────────────────

test("a resume from N goes on at N + 1; the reader's own acked message fills a hole", () => {
  const resume: Line = ['v2', { e: 'up', conn: 2, resumed: true, after: { 'c/public': 4 } }]
  const seen = (seq: number): Line => ['v2', { e: 'seen', ...placed(`m${seq}`, seq) }]
  expect(of('gapless', [resume, seen(5), end]).violations).toBe(0)
  expect(of('gapless', [resume, seen(6), end]).evidence).toEqual([
    { text: 'v2 stood at c/public seq 4 and is given seq 6: seq 5 is missing', lines: [1, 2] },
  ])
  expect(of('gapless', [resume, seen(6), ...stored('v2', 'm5', 5), end]).violations).toBe(0)
  expect(of('gapless', [resume, seen(4), end]).violations).toBe(1)
})

test('without a resume a reader may begin anywhere, also after a reset', () => {
  const seen = (seq: number): Line => ['v2', { e: 'seen', ...placed(`m${seq}`, seq) }]
  const fresh: Line = ['v2', { e: 'up', conn: 2 }]
  const reset: Line = ['v2', { e: 'reset', conversation: 'c' }]
  expect(of('gapless', [seen(3), fresh, seen(9)]).violations).toBe(0)
  expect(of('gapless', [seen(3), reset, seen(9)], { ...options, resetsAllowed: 1 }).violations).toBe(0)
})

test('each reset above the budget counts', () => {
  const reset: Line = ['v2', { e: 'reset', conversation: 'c' }]
  expect(of('gapless', [reset, reset, reset], { ...options, resetsAllowed: 1 })).toMatchObject({
    violations: 2,
    evidence: [
      { text: 'v2 is told to forget c: reset 2, allowed are 1', lines: [2] },
      { text: 'v2 is told to forget c: reset 3, allowed are 1', lines: [3] },
    ],
  })
})

test('an agent that lost the conversation in between may begin anew further on; one that kept it may not', () => {
  const up: Line = ['a1', { e: 'up', conn: 1, you: { role: 'agent', id: 'a1' } }]
  const seen = (seq: number): Line => ['a1', { e: 'seen', ...event(seq, 'x') }]
  const history = (change: 'x' | 'released'): Line[] => [
    up,
    ...[2, 5].map(seen),
    read(1, 'assigned', { owner: 'a1', epoch: 1 }),
    read(2, 'x'),
    read(3, change, { epoch: 2 }),
    read(4, change === 'x' ? 'x' : 'assigned', { owner: 'a1', epoch: 3 }),
    read(5, 'x'),
  ]
  expect(of('gapless', history('released')).violations).toBe(0)
  expect(of('gapless', history('x')).evidence[0]?.text).toBe(
    'a1 stood at c/public seq 2 and is given seq 5: seqs 3 to 4 are missing',
  )
})

test('seqs of notes say nothing of when a conversation changed hands', () => {
  const note = (seq: number): Line => ['a1', { e: 'seen', ...event(seq, 'x'), stream: 'internal' }]
  const history = (change: 'x' | 'released'): Line[] => [
    ['a1', { e: 'up', conn: 1, you: { role: 'agent', id: 'a1' } }],
    note(1),
    note(3),
    read(1, 'assigned', { owner: 'a1', epoch: 1 }),
    ...[2, 3, 4].map((seq) => read(seq, 'x')),
    read(5, change, { epoch: 2 }),
  ]
  expect(of('gapless', history('released')).violations).toBe(0)
  expect(of('gapless', history('x')).violations).toBe(1)
})

// ── order ───────────────────────────────────────────────────────────────────

test('sender order is kept on one connection: not across two, and not for what was never stored', () => {
  const sent = (conn: number): Line[] => [
    ['v1', invoke('m1')],
    ['v1', invoke('m2', { conn })],
    ['v1', ok('m2', 1)],
    ['v1', ok('m1', 2)],
  ]
  expect(of('sender_order', sent(1)).evidence).toEqual([
    { text: 'v1 sent m2 after m1 on connection 1; in c/public they stand at seq 1 and 2', lines: [1, 2] },
  ])
  expect(of('sender_order', sent(2)).violations).toBe(0)
  expect(of('sender_order', sent(1).slice(0, 3)).violations).toBe(0)
})

test('sender order holds for what was never acked and is only found in the store', () => {
  const sent: Line[] = [
    ['v1', invoke('m1')],
    ['v1', invoke('m2')],
  ]
  expect(of('sender_order', [...sent, ...readBack('c', ['m2', 'm1'])]).violations).toBe(1)
})

test('real time order is over all clients of a conversation, and only from an ack to a later send', () => {
  const early: Line[] = [['a1', invoke('m2')], ...stored('v1', 'm1', 2), ['a1', ok('m2', 1)]]
  const late: Line[] = [...stored('v1', 'm1', 2), ...stored('a1', 'm2', 1)]
  expect(of('real_time_order', early).violations).toBe(0)
  expect(of('real_time_order', late).evidence).toEqual([
    { text: 'm1 was acked as c/public seq 2 before m2 was sent, which stands at seq 1', lines: [2, 3] },
  ])
})

test('the earliest ack above decides, not the last one seen from the end', () => {
  const history: Line[] = [
    ['v1', invoke('m2')],
    ...stored('v1', 'm3', 3),
    ['a1', invoke('m1')],
    ['v1', ok('m2', 2)],
    ['a1', ok('m1', 1)],
  ]
  expect(of('real_time_order', history).evidence).toEqual([
    { text: 'm3 was acked as c/public seq 3 before m1 was sent, which stands at seq 1', lines: [3, 4] },
  ])
})

// ── no_phantom ──────────────────────────────────────────────────────────────

test.each([
  ['sent by nobody', { id: 'm9' }, 'm9 at c/public seq 1 was sent by nobody; it is said to be from v1'],
  ['of another sender', { from: 'v2' }, 'm1 at c/public seq 1 is said to be from v2; v1 sent it'],
  ['of another text', { hash: 2 }, 'm1 at c/public seq 1 does not read as it was sent'],
  ['in the other stream', { stream: 'internal' }, 'm1 at c/internal seq 1 was sent to the other stream'],
] as const)('a message %s is a phantom', (_, change, text) => {
  const history: Line[] = [
    ['v1', invoke('m1')],
    ['reader', { e: 'read', ...placed('m1', 1), ...change }],
  ]
  expect(of('no_phantom', history).evidence[0]?.text).toBe(text)
})

test('what an agent sent to one conversation and another shows is a phantom; a visitor may open the next one', () => {
  const history = (role: 'visitor' | 'agent'): Line[] => [
    ['v1', invoke('m1', { conversation: 'd' })],
    ['reader', { e: 'read', ...placed('m1', 1, { role }) }],
  ]
  expect(of('no_phantom', history('visitor')).violations).toBe(0)
  expect(of('no_phantom', history('agent')).violations).toBe(1)
})

test('a rejected message that turns up is a phantom, before the rejection or after it', () => {
  const fail: Line = ['v1', { e: 'fail', id: 'm1', code: 'filtered' }]
  const seen: Line = ['v2', { e: 'seen', ...placed('m1', 1) }]
  expect(of('no_phantom', [['v1', invoke('m1')], fail, seen]).evidence[0]?.lines).toEqual([1, 2, 3])
  expect(of('no_phantom', [['v1', invoke('m1')], seen, fail]).evidence[0]?.lines).toEqual([1, 3])
})

test('an ack reaches who sent the message, and nobody else', () => {
  expect(
    of('no_phantom', [
      ['v1', invoke('m1')],
      ['v2', ok('m1', 1)],
    ]).evidence,
  ).toEqual([{ text: 'm1 is acked to v2, which did not send it', lines: [1, 2] }])
})

test('a visitor is given nothing internal', () => {
  const history: Line[] = [
    ['v2', { e: 'up', conn: 1, you: { role: 'visitor', id: 'v2' } }],
    ['v2', { e: 'seen', ...placed('m1', 1, { stream: 'internal', role: 'system' }) }],
  ]
  expect(of('no_phantom', history).evidence[0]?.text).toBe(
    'm1 at c/internal seq 1 is internal, and v2 is a visitor',
  )
})
