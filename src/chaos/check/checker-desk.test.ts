import { expect, test } from 'vitest'
import {
  end,
  event,
  failures,
  invoke,
  type Line,
  of,
  ok,
  options,
  placed,
  read,
  stored,
} from './testing/lines.ts'

const diskFull = { n: 1, fault: 'disk_full', on: 'node', storeCannotCommit: true } as const

// ── the desk ────────────────────────────────────────────────────────────────

test.each([
  [
    'the same epoch again',
    [['assigned', 'a2', 1]],
    'assigned to a2 in epoch 1, after epoch 1, which a1 owned',
  ],
  [
    'an epoch that was left out',
    [['transferred', 'a2', 3]],
    'transferred to a2 in epoch 3, right after epoch 1',
  ],
  ['what another owns', [['assigned', 'a2', 2]], 'assigned to a2 in epoch 2, while a1 owns it'],
  [
    'what nobody owns',
    [
      ['released', undefined, 2],
      ['transferred', 'a2', 3],
    ],
    'transferred to a2 in epoch 3, while nobody owns it',
  ],
  [
    'what is closed',
    [
      ['closed', undefined, 2],
      ['assigned', 'a2', 3],
    ],
    'assigned to a2 in epoch 3, after it was closed',
  ],
] as const)('one owner: %s', (_, changes, text) => {
  const history: Line[] = [
    read(1, 'assigned', { owner: 'a1', epoch: 1 }),
    ...changes.map(([kind, owner, epoch], i) => read(2 + i, kind, { ...(owner && { owner }), epoch })),
  ]
  expect(of('one_owner', history).evidence.map((one) => one.text)).toEqual([
    `c/public seq ${history.length}: ${text}`,
  ])
})

test('an agent writes as the owner and under the epoch of that place; notes are free', () => {
  const history = (agent: string, epoch: number, stream: 'public' | 'internal'): Line[] => [
    ['a1', invoke('m1', { epoch, stream })],
    read(1, 'assigned', { owner: 'a1', epoch: 1 }),
    ['reader', { e: 'read', ...placed('m1', 2, { from: agent, role: 'agent', stream }) }],
  ]
  expect(of('one_owner', history('a1', 1, 'public')).violations).toBe(0)
  expect(of('one_owner', history('a2', 1, 'public')).evidence[0]).toEqual({
    text: 'c/public seq 2: m1 of a2 was accepted in epoch 1, which a1 owns',
    lines: [1, 2, 3],
  })
  expect(of('one_owner', history('a1', 0, 'public')).evidence[0]?.text).toBe(
    'c/public seq 2: the message m1 of a1 names epoch 0 and was accepted in epoch 1',
  )
  expect(of('one_owner', history('a2', 0, 'internal')).violations).toBe(0)
})

test('a command names the epoch before its own event', () => {
  const history = (epoch: number): Line[] => [
    ['a1', invoke('e2', { epoch, command: 'release' })],
    read(1, 'assigned', { owner: 'a1', epoch: 1 }),
    ['reader', { e: 'read', ...event(2, 'released', { epoch: 2 }), from: 'a1', role: 'agent' }],
  ]
  expect(failures(history(1))).toEqual([])
  expect(of('one_owner', history(0)).violations).toBe(1)
})

test('only the owner lets go of a conversation', () => {
  const by = (agent: string): Line[] => [
    [agent, invoke('e2', { command: 'release' })],
    read(1, 'assigned', { owner: 'a1', epoch: 1 }),
    ['reader', { e: 'read', ...event(2, 'released', { epoch: 2 }), from: agent, role: 'agent' }],
  ]
  expect(of('one_owner', by('a1')).violations).toBe(0)
  expect(of('one_owner', by('a2')).evidence[0]?.text).toBe(
    'c/public seq 2: released in epoch 2, by a2, and a1 owns it',
  )
})

test('capacity is what administrators said of the version that the assignment names', () => {
  const history = (load: number, stated: number, agentVersion: number): Line[] => [
    ['harness', { e: 'desk', agent: 'a1', capacity: 3, version: 1 }],
    ['harness', { e: 'desk', agent: 'a1', capacity: 1, version: 2 }],
    read(1, 'assigned', { owner: 'a1', epoch: 1, load, capacity: stated, agentVersion }),
  ]
  const text = (load: number, stated: number, version: number): string | undefined =>
    of('capacity', history(load, stated, version)).evidence[0]?.text
  expect(text(3, 3, 1)).toBeUndefined()
  expect(text(4, 3, 1)).toBe(
    'c/public seq 1: a1 is given a conversation too many, load 4 over capacity 3 of version 1',
  )
  expect(text(2, 3, 2)).toBe(
    'c/public seq 1: a1 is given a conversation too many, load 2 over capacity 1 of version 2',
  )
  expect(text(1, 9, 1)).toBe('c/public seq 1: a1 is said to have capacity 9 of version 1, which nobody set')
  // A new password makes a version, too.
  expect(text(3, 3, 7)).toBeUndefined()
})

test('an agent who must have owned too many at once is over capacity, whatever the assignments say', () => {
  const given = { owner: 'a1', epoch: 1, load: 1, capacity: 1 }
  const owned = (conversation: string, sentAfter: boolean): Line[] => [
    read(1, 'assigned', given, conversation),
    ...(sentAfter ? [['reader', { e: 'read', ...placed('late', 2, { conversation }) }] as const] : []),
    read(sentAfter ? 3 : 2, 'released', { epoch: 2 }, conversation),
  ]
  const shown = (conversation: string): Line => [
    'a1',
    { e: 'seen', ...event(1, 'assigned', given, conversation) },
  ]
  const history = (sentAfter: boolean): Line[] => [
    shown('c'),
    shown('d'),
    ['v1', invoke('late')],
    ...owned('c', sentAfter),
    ...owned('d', false),
    ['a1', { e: 'seen', ...event(1, 'assigned', given, 'e') }],
  ]
  expect(of('capacity', history(false)).violations).toBe(0)
  const both = history(true).map((line) => line)
  const twice: Line[] = [...both.slice(0, 3), ['v2', invoke('later')], ...both.slice(3, 6)]
  const other: Line[] = [
    read(1, 'assigned', given, 'd'),
    ['reader', { e: 'read', ...placed('later', 2, { conversation: 'd', from: 'v2' }) }],
    read(3, 'released', { epoch: 2 }, 'd'),
  ]
  expect(of('capacity', [...twice, ...other]).evidence).toEqual([
    { text: 'a1 owns 2 conversations at once, and never had a capacity above 1', lines: [1, 2] },
  ])
})

test('a reading that ends below the head does not say who owns a conversation at its end', () => {
  const given = { owner: 'a1', epoch: 1, load: 1, capacity: 1 }
  const ends = (conversation: string, head: number): Line => [
    'reader',
    { e: 'read-end', conversation, stream: 'public', head },
  ]
  const history = (head: number): Line[] => [
    read(1, 'assigned', given, 'c'),
    read(1, 'assigned', given, 'd'),
    ends('c', head),
    ends('d', head),
  ]
  expect(of('capacity', history(1)).violations).toBe(1)
  expect(of('capacity', history(2)).violations).toBe(0)
})

// ── the rest ────────────────────────────────────────────────────────────────

test('memory is compared with the same process in the baseline; without that it is unknown', () => {
  const phase = (name: 'baseline' | 'fault'): Line => ['harness', { e: 'phase', phase: name }]
  const sample = (p: string, rssBytes: number): Line => [p, { e: 'sample', rssBytes, connections: 1 }]
  const before = [phase('baseline'), sample('n1', 1_000), sample('n1', 1_050), phase('fault')]
  expect(of('bounded_memory', [...before, sample('n1', 1_150), end]).status).toBe('pass')
  expect(of('bounded_memory', [...before, sample('n1', 1_151), end]).evidence).toEqual([
    { text: 'n1 has grown by 101 bytes to 1151, at most 100 are allowed', lines: [3, 5] },
  ])
  expect(of('bounded_memory', [...before, sample('n2', 9_000), end]).why).toBe(
    'no sample during the baseline to compare with',
  )
  expect(of('bounded_memory', [...before, end]).why).toBe('no samples after the baseline')
})

test('outboxes stay within the bound that the scenario names', () => {
  const sample: Line = ['n1', { e: 'sample', rssBytes: 1, connections: 1, outboxBytes: 11 }]
  expect(of('bounded_memory', [sample]).violations).toBe(0)
  expect(of('bounded_memory', [sample], { ...options, maxOutboxBytes: 10 }).evidence[0]?.text).toBe(
    'n1 holds 11 bytes for its readers, at most 10 are allowed',
  )
})

test('a slow reader is cut with a code that lets it come back', () => {
  const slow = { n: 1, fault: 'slow_consumer', on: 'visitors' }
  const down = (code: number): Line => ['v1', { e: 'down', conn: 1, code }]
  const inject: Line = ['harness', { e: 'inject', ...slow }]
  expect(of('bounded_memory', [inject, down(4413)]).violations).toBe(0)
  expect(of('bounded_memory', [inject, down(4403)]).evidence[0]?.lines).toEqual([2])
  expect(of('bounded_memory', [inject, ['harness', { e: 'healed', ...slow }], down(4403)]).violations).toBe(0)
})

test('no false ack: first sent and acked between the proof of the fault and its healing', () => {
  const fault = (e: 'verified' | 'healing'): Line => ['harness', { e, ...diskFull }]
  const [sent, acked] = stored('v1', 'm1', 1)
  const status = (...lines: (Line | undefined)[]): string =>
    of('no_false_ack', [...lines.filter((line) => line !== undefined), end]).status
  const other: Line = ['v2', invoke('m2')]
  expect(of('no_false_ack', [fault('verified'), ...stored('v1', 'm1', 1), end]).evidence[0]?.lines).toEqual([
    1, 2, 3,
  ])
  // Stored before, or after: an ack of it is no lie.
  expect(status(sent, fault('verified'), other, acked, fault('healing'))).toBe('pass')
  expect(status(fault('verified'), sent, fault('healing'), acked)).toBe('pass')
  expect(status(fault('verified'), fault('healing'), sent, acked)).toBe('unknown')
  expect(status(sent, acked)).toBe('unknown')
  // Acked twice is one lie.
  expect(
    of('no_false_ack', [fault('verified'), ...stored('v1', 'm1', 1), ['v1', ok('m1', 1)]]).violations,
  ).toBe(1)
})

test('convergence is looked at so long after the last healing, and a new fault puts it off', () => {
  const fault = { n: 1, fault: 'kill', on: 'node' }
  const at = (t: number, e: 'inject' | 'verified' | 'healed', n = 1): Line => [
    'harness',
    { t, e, ...fault, n },
  ]
  const sample = (t: number, queued: number): Line => [
    'node',
    { t, e: 'sample', rssBytes: 1, connections: 1, queued },
  ]
  const drain: Line = ['harness', { t: 9_000, e: 'phase', phase: 'drain' }]
  const found = (...lines: Line[]): number => of('convergence', lines).violations
  expect(found(at(0, 'inject'), at(10, 'healed'), sample(500, 3), sample(1_100, 3))).toBe(1)
  expect(found(at(0, 'inject'), at(10, 'healed'), sample(500, 0), sample(1_100, 3))).toBe(0)
  expect(
    found(at(0, 'inject'), at(10, 'healed'), sample(500, 3), at(600, 'inject', 2), sample(1_100, 3)),
  ).toBe(0)
  expect(of('convergence', [at(0, 'inject'), at(0, 'verified'), drain, end]).why).toContain(
    'kill on node was not healed',
  )
  expect(
    of('convergence', [at(0, 'inject'), at(0, 'verified'), at(8_500, 'healed'), drain, end]).why,
  ).toContain('it was over sooner than 1000 ms after the last healing')
})

test('a conversation is owned or waits, never both and never neither', () => {
  const ends = (state: 'queued' | 'assigned', owner: string | null): Line => [
    'reader',
    { e: 'read-end', conversation: 'c', stream: 'public', head: 0, state, owner },
  ]
  const text = (...what: Parameters<typeof ends>): string | undefined =>
    of('convergence', [ends(...what)]).evidence[0]?.text
  expect([text('queued', null), text('assigned', 'a1')]).toEqual([undefined, undefined])
  expect(text('assigned', null)).toBe('c is assigned, and to nobody')
  expect(text('queued', 'a1')).toBe('c waits in the queue, and a1 owns it')
})
