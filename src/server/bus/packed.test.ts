import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Append, Stored } from '../storage/store.ts'
import { numberOf, packAnswer, positionOf, unpackAnswer } from './packed.ts'

const name = fc.constantFrom('va', 'vb', 'ax', 'ay')
const place = fc.constantFrom('c1', 'c2')

const append: fc.Arbitrary<Append> = fc.record(
  {
    kind: fc.constant('append' as const),
    id: fc.constant('id'),
    site: fc.constant('s'),
    sender: fc.record({ role: fc.constantFrom('visitor' as const, 'agent' as const), id: name }),
    stream: fc.constantFrom('public' as const, 'internal' as const),
    body: fc.constant('{}'),
    bodyHash: fc.constant(1),
    conversation: place,
  },
  { requiredKeys: ['kind', 'id', 'site', 'sender', 'stream', 'body', 'bodyHash'] },
)

const stored: fc.Arbitrary<Omit<Stored, 'stream'>> = fc.record(
  {
    status: fc.constant('stored' as const),
    position: fc.nat(),
    conversation: place,
    seq: fc.nat(),
    at: fc.nat(),
    epoch: fc.nat(),
    visitor: name,
    owner: fc.option(name, { nil: null }),
    opened: fc.constant(true as const),
  },
  { requiredKeys: ['status', 'position', 'conversation', 'seq', 'at', 'epoch', 'visitor', 'owner'] },
)

describe('answers on the link', () => {
  test('a stored message comes out as it went in, whoever sent it and wherever', () => {
    fc.assert(
      fc.property(append, stored, fc.nat(), (request, outcome, n) => {
        const answer: Stored = { ...outcome, stream: request.stream }
        const packed = JSON.parse(JSON.stringify(packAnswer(n, answer, request))) as ReturnType<
          typeof packAnswer
        >
        expect(Array.isArray(packed)).toBe(true)
        expect(numberOf(packed)).toBe(n)
        expect(positionOf(packed)).toBe(answer.position)
        expect(unpackAnswer(packed, request)).toEqual(answer)
      }),
    )
  })

  test('every other answer travels whole', () => {
    const request: Append = {
      kind: 'append',
      id: 'id',
      site: 's',
      sender: { role: 'visitor', id: 'va' },
      stream: 'public',
      body: '{}',
      bodyHash: 1,
    }
    const rejected = { status: 'rejected', code: 'filtered', message: 'no' } as const
    const packed = packAnswer(7, rejected, request)
    expect(packed).toEqual({ n: 7, answer: rejected })
    expect([numberOf(packed), positionOf(packed), unpackAnswer(packed, request)]).toEqual([
      7,
      undefined,
      rejected,
    ])
  })

  test('a stored message can only answer a message', () => {
    expect(() =>
      unpackAnswer([1, 2, 3, 4, 5, 'c1', 'va', null, 0], { kind: 'end_sessions', agent: 'ax' }),
    ).toThrow('a stored message answers a end_sessions')
  })
})
