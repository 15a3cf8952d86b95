import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readUuid } from '../../core/uuid.ts'
import type { PackedAppend } from '../storage/store.ts'
import { AppendsWriter, appendsKind, readAppends } from './packed-appends.ts'
import type { AppendRequest } from './wire.ts'

const key = fc.integer({ min: 1, max: 2 ** 32 - 1 })

const append: fc.Arbitrary<AppendRequest> = fc.record(
  {
    kind: fc.constant('append' as const),
    id: fc.uuid(),
    site: fc.constant('s'),
    sender: fc.record({ role: fc.constantFrom('visitor' as const, 'agent' as const), id: fc.string() }),
    stream: fc.constant('public' as const),
    // Bodies are JSON text, which has no lone surrogates.
    body: fc
      .string({ unit: 'grapheme', maxLength: 300 })
      .map((text) => JSON.stringify({ kind: 'text', text })),
    bodyHash: fc.maxSafeNat(),
    conversation: fc.string(),
    epoch: fc.nat(),
    handles: fc.record({ sender: key, conversation: key }),
  },
  { requiredKeys: ['kind', 'id', 'site', 'sender', 'stream', 'body', 'bodyHash', 'handles'] },
)

function read(frame: Buffer): [number, PackedAppend][] {
  expect(frame.readUInt32BE(0)).toBe(frame.length - 4)
  expect(frame[4]).toBe(appendsKind)
  const found: [number, PackedAppend][] = []
  readAppends(frame.subarray(4), (n, packed) => found.push([n, packed]))
  return found
}

describe('messages as bytes', () => {
  test('come out as they went in, however many', () => {
    const writer = new AppendsWriter()
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.maxSafeNat(), append), { maxLength: 300 }), (requests) => {
        for (const [n, request] of requests) expect(writer.add(n, request)).toBe(true)
        expect(writer.count).toBe(requests.length)
        const found = read(writer.take()).map(([n, { body, id, ...rest }]) => ({
          n,
          id: readUuid(id, 0),
          body: Buffer.from(body).toString(),
          ...rest,
        }))
        expect(found).toEqual(
          requests.map(([n, { body, bodyHash, epoch, handles, id, sender }]) => ({
            n,
            id,
            body,
            kind: 'packed_append',
            handles,
            role: sender.role,
            epoch,
            bodyHash,
          })),
        )
      }),
      { numRuns: 50 },
    )
  })

  const common = {
    kind: 'append',
    id: '0192f3a4-0000-7000-8000-000000000000',
    site: 's',
    sender: { role: 'visitor', id: 'v' },
    stream: 'public',
    body: '{}',
    bodyHash: 1,
  } as const
  const handles = { sender: 1, conversation: 2 }

  test.each<[string, AppendRequest]>([
    ['of an unknown sender', common],
    ['to the internal stream', { ...common, handles, stream: 'internal' }],
    ['with a verdict', { ...common, handles, verdict: { code: 'filtered', message: 'no' } }],
    ["with a visitor's record", { ...common, handles, visitor: { id: 'v', site: 's', tokenHash: 't' } }],
    ['under an id of another form', { ...common, handles, id: '0192F3A4-0000-7000-8000-000000000000' }],
  ])('one %s is left to JSON', (_, request) => {
    const writer = new AppendsWriter()
    expect(writer.add(1, request)).toBe(false)
    expect(writer.add(2, { ...common, handles })).toBe(true)
    expect(read(writer.take()).map(([n]) => n)).toEqual([2])
  })
})
