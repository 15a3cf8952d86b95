import { expect, test } from 'vitest'
import {
  check,
  end,
  event,
  failures,
  invoke,
  type Line,
  of,
  ok,
  options,
  placed,
  readBack,
  stored,
} from './testing/lines.ts'
import type { Invariant } from './verdict.ts'

// ── unknown is never pass ───────────────────────────────────────────────────

test('an empty history passes nothing', () => {
  expect(check([]).map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 'unknown'))
})

test('a history that breaks off passes nothing, and says so', () => {
  const whole = [...stored('v1', 'm1', 1), ...readBack('c', ['m1'])]
  expect(of('no_acked_loss', [...whole, end]).status).toBe('pass')
  expect(of('no_acked_loss', whole)).toMatchObject({
    status: 'unknown',
    why: 'the history breaks off before its end',
  })
})

test.each([
  ['unverified', 'reset on visitors->node was not seen to fire (nothing showed)'],
  ['healed', 'reset on visitors->node was not seen to fire'],
] as const)('a fault that is %s without proof makes everything unknown', (e, why) => {
  const fault = { n: 4, fault: 'reset', on: 'visitors->node' }
  const unverified: Line = [
    'harness',
    { e, ...fault, ...(e === 'unverified' ? { why: 'nothing showed' } : {}) },
  ]
  const history: Line[] = [
    ['harness', { e: 'inject', ...fault }],
    unverified,
    ...stored('v1', 'm1', 1),
    ...readBack('c', ['m1']),
    end,
  ]
  for (const verdict of check(history)) {
    expect(verdict.status).toBe('unknown')
    expect(verdict.why).toContain(why)
  }
})

test('a doubt does not hide a violation', () => {
  expect(of('no_acked_loss', [...stored('v1', 'm1', 1), ...readBack('c', [])]).status).toBe('fail')
})

test('too few acks, retries and resumes are said where they matter', () => {
  const minimum = { acks: 2, retries: 3, resumes: 4 }
  const verdicts = check([...stored('v1', 'm1', 1), ...readBack('c', ['m1']), end], { ...options, minimum })
  const why = (invariant: Invariant): string | undefined =>
    verdicts.find((verdict) => verdict.invariant === invariant)?.why
  expect(why('agreement')).toBe('1 acks, at least 2 are asked for')
  expect(why('no_duplicate')).toBe('1 acks, at least 2 are asked for; 0 retries, at least 3 are asked for')
  expect(why('gapless')).toBe('1 acks, at least 2 are asked for; 0 resumes, at least 4 are asked for')
})

test('what was written without a connection is sent for the first time later, and that is no retry', () => {
  const minimum = { acks: 0, retries: 1, resumes: 0 }
  const sent: Line[] = [
    ['v1', invoke('m1', { conn: 0 })],
    ['v1', { e: 'info', id: 'm1', why: 'retry', conn: 1 }],
    ['v1', ok('m1', 1)],
  ]
  const again: Line = ['v1', { e: 'info', id: 'm1', why: 'retry', conn: 1 }]
  expect(of('no_duplicate', [...sent, end], { ...options, minimum }).status).toBe('unknown')
  expect(of('no_duplicate', [...sent, again, end], { ...options, minimum }).status).toBe('pass')
})

// ── no_acked_loss ───────────────────────────────────────────────────────────

test('acked and not read back is lost; the evidence is the send, the ack and the end of the reading', () => {
  const history = [...stored('v1', 'm1', 1), ...stored('v1', 'm2', 2), ...readBack('c', ['m1']), end]
  expect(of('no_acked_loss', history)).toMatchObject({
    status: 'fail',
    checked: 2,
    violations: 1,
    evidence: [
      {
        text: 'm2 was acked as c/public seq 2 and is not there when the stream is read back',
        lines: [3, 4, 6],
      },
    ],
  })
})

test('another message at its place is no message found', () => {
  const history = [...stored('v1', 'm1', 1), ...stored('v1', 'm2', 2), ...readBack('c', ['other', 'm2']), end]
  expect(of('no_acked_loss', history).violations).toBe(1)
})

test('a reading says nothing of what was acked after it began', () => {
  const [sent, acked] = stored('v1', 'm2', 2)
  const [first, last] = readBack('c', ['m1'])
  const history = [...stored('v1', 'm1', 1), sent, first, acked, last, end].filter(
    (line) => line !== undefined,
  )
  expect(of('no_acked_loss', history)).toMatchObject({ status: 'unknown', checked: 1, violations: 0 })
})

test('acked in a stream that nobody read back is unknown, not lost', () => {
  expect(of('no_acked_loss', [...stored('v1', 'm1', 1), end])).toMatchObject({
    status: 'unknown',
    why: '1 acked messages stand in streams that were not read back',
  })
})

test('sent and never acked may be stored or not', () => {
  const history: Line[] = [...stored('v1', 'm1', 1), ['v1', invoke('m2')], ...readBack('c', ['m1']), end]
  expect(of('no_acked_loss', history).status).toBe('pass')
  expect(failures([...history.slice(0, -3), ...readBack('c', ['m1', 'm2']), end])).toEqual([])
})

test('what one reading finds and a later one no longer does is lost', () => {
  const history = [...stored('v1', 'm1', 1), ...readBack('c', ['m1']), ...readBack('c', [], 'store'), end]
  expect(of('no_acked_loss', history).violations).toBe(1)
})

test('a message without its content is lost, unless it was retracted', () => {
  const history = [...stored('v1', 'm1', 1)]
  const gone: Line = ['reader', { e: 'read', ...placed('m1', 1, { retracted: true }) }]
  const event = placed('r', 2, { from: 'desk', role: 'system', event: { kind: 'retracted', seq: 1 } })
  const ends = (head: number): Line => [
    'reader',
    { e: 'read-end', conversation: 'c', stream: 'public', head },
  ]
  expect(of('no_acked_loss', [...history, gone, ends(1), end]).evidence[0]?.text).toBe(
    'm1 at c/public seq 1 lost its content: nothing retracted it',
  )
  expect(failures([...history, gone, ['reader', { e: 'read', ...event }], ends(2), end])).toEqual([])
})

// ── no_duplicate ────────────────────────────────────────────────────────────

test('two acks of one message name one place', () => {
  const history = [...stored('v1', 'm1', 1), ['v1', ok('m1', 1)] as const]
  expect(of('no_duplicate', [...history, end]).status).toBe('pass')
  expect(of('no_duplicate', [...history, ['v1', ok('m1', 2)], end]).evidence).toEqual([
    { text: 'm1 is acked at c/public seq 2, and stands at c/public seq 1', lines: [2, 4] },
  ])
})

test('a rejection after an ack, and an ack after a rejection, are two answers', () => {
  const fail: Line = ['v1', { e: 'fail', id: 'm1', code: 'filtered' }]
  expect(of('no_duplicate', [...stored('v1', 'm1', 1), fail]).evidence[0]?.lines).toEqual([2, 3])
  expect(of('no_duplicate', [['v1', invoke('m1')], fail, ['v1', ok('m1', 1)]]).evidence[0]?.lines).toEqual([
    2, 3,
  ])
})

test('an id that is invoked twice is no history', () => {
  expect(() =>
    check([
      ['v1', invoke('m1')],
      ['v2', invoke('m1')],
    ]),
  ).toThrow('history, line 2: m1 is invoked a second time, first on line 1')
})

// ── agreement ───────────────────────────────────────────────────────────────

test('a place that was acked to one and read as another is named with both lines', () => {
  const history = [...stored('v1', 'm1', 1), ...stored('v2', 'm2', 1)]
  expect(of('agreement', history).evidence).toEqual([
    { text: 'c/public seq 1 is m2 to v2, and m1 to another', lines: [2, 4] },
  ])
})

test('an event of the desk that reads differently to two readers is a disagreement', () => {
  const seen = (p: string, hash: number): Line => [p, { e: 'seen', ...event(1, 'x'), hash }]
  expect(of('agreement', [seen('v1', 1), seen('v2', 1)]).violations).toBe(0)
  expect(of('agreement', [seen('v1', 1), seen('v2', 2)]).evidence).toEqual([
    { text: 'e1 at c/public seq 1 reads differently to v2', lines: [1, 2] },
  ])
})

test('another incarnation is another store: places and duplicates are compared within one', () => {
  const up = (conn: number, incarnation: string): Line => ['v1', { e: 'up', conn, incarnation }]
  const history: Line[] = [up(1, 'one'), ...stored('v1', 'm1', 1), up(2, 'two'), ...stored('v1', 'm2', 1)]
  const moved: Line[] = [...history, ['v1', { e: 'seen', ...placed('m1', 2) }]]
  expect(failures(moved)).toEqual([])
  expect(failures(moved.map((line) => (line[1].e === 'up' ? up(1, 'one') : line)))).toContain('agreement')
})

test('who speaks of a conversation means the store it was told of last; a reader that was told of none, the newest', () => {
  const up = (p: string, conn: number, incarnation: string): Line => [p, { e: 'up', conn, incarnation }]
  const seen = (p: string, id: string): Line => [p, { e: 'seen', ...placed(id, 1, { role: 'system' }) }]
  const moved = [
    up('v1', 1, 'one'),
    up('v2', 1, 'two'),
    seen('v1', 'm1'),
    up('v1', 2, 'two'),
    seen('v1', 'm2'),
  ]
  expect(of('agreement', moved).violations).toBe(0)
  const told = [up('v1', 1, 'one'), seen('reader', 'm1'), up('v1', 2, 'two'), seen('reader', 'm2')]
  expect(of('agreement', told).violations).toBe(0)
})
