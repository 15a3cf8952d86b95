import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PackedAppend, Stored } from '../storage/store.ts'
import { BatchReader, BatchWriter, batchKind } from './packed-batch.ts'
import type { Delivered } from './wire.ts'

const nameOf = (agent: string): string => `Agent ${agent}`

function packed(handle: number, role: PackedAppend['role'], text: string): PackedAppend {
  return {
    kind: 'packed_append',
    handles: { sender: 1, conversation: handle },
    role,
    id: Buffer.from('0192f3a4000070008000000000000001', 'hex'),
    epoch: undefined,
    body: Buffer.from(text),
    bodyHash: 1,
  }
}

function stored(position: number, handle: number, more: Partial<Stored> = {}): Stored {
  return {
    status: 'stored',
    position,
    conversation: `c${handle}`,
    stream: 'public',
    seq: position,
    at: 1_700_000_000_000 + position,
    epoch: 1,
    visitor: `v${handle}`,
    owner: 'ann',
    handles: { sender: 1, conversation: handle },
    ...more,
  }
}

const plain: Delivered = {
  conversation: 'c9',
  stream: 'internal',
  seq: 1,
  id: 'note',
  from: { role: 'agent', id: 'bob' },
  body: '{}',
  at: 1,
  position: 99,
  to: ['bob'],
}

function withoutHandles({ handles: _handles, ...rest }: Stored): Stored {
  return rest
}

describe('what a commit brings to a worker', () => {
  test('comes out in the order it went in, whichever way each part travels', () => {
    const item = fc.record({
      packed: fc.boolean(),
      handle: fc.integer({ min: 1, max: 4 }),
      agent: fc.boolean(),
      text: fc.string({ unit: 'grapheme', maxLength: 60 }),
    })
    const writer = new BatchWriter(nameOf)
    const reader = new BatchReader()
    fc.assert(
      fc.property(fc.array(item), fc.array(item), (answers, messages) => {
        const [wantedAnswers, wantedMessages]: [unknown[], Delivered[]] = [[], []]
        for (const [i, { handle, packed: asBytes }] of answers.entries()) {
          const answer = stored(i, handle)
          wantedAnswers.push({ n: i, answer: asBytes ? withoutHandles(answer) : answer })
          if (asBytes) writer.stored(i, handle, answer)
          else writer.answer(i, answer)
        }
        for (const [i, { agent, handle, packed: asBytes, text }] of messages.entries()) {
          const { at, conversation, position, seq, stream, visitor } = stored(i, handle)
          if (!asBytes) {
            writer.message(plain)
            wantedMessages.push(plain)
            continue
          }
          writer.packedMessage(packed(handle, agent ? 'agent' : 'visitor', text), stored(i, handle))
          wantedMessages.push({
            ...{ at, conversation, position, seq, stream },
            id: '0192f3a4-0000-7000-8000-000000000001',
            from: agent ? { role: 'agent', id: 'ann', name: 'Agent ann' } : { role: 'visitor', id: visitor },
            body: text,
            to: [visitor, 'ann'],
          })
        }
        expect(writer.empty).toBe(answers.length + messages.length === 0)
        const frame = writer.take(7)
        expect([frame.readUInt32BE(0), frame[4]]).toEqual([frame.length - 4, batchKind])
        expect(reader.read(frame.subarray(4))).toEqual({
          to: 7,
          answers: wantedAnswers,
          messages: wantedMessages,
        })
      }),
    )
  })

  test('who is in a conversation is told once, and again under another epoch', () => {
    const writer = new BatchWriter(nameOf)
    writer.stored(1, 5, stored(1, 5))
    const first = writer.take(1)
    writer.stored(2, 5, stored(2, 5))
    expect(writer.contradicts(stored(3, 5))).toBe(false)
    const second = writer.take(2)
    expect(second.toString('latin1')).not.toContain('ann')
    const moved = stored(3, 5, { epoch: 2, owner: 'bob' })
    expect(writer.contradicts(moved)).toBe(true)
    writer.stored(3, 5, moved)
    const third = writer.take(3)
    const reader = new BatchReader()
    const owners = [first, second, third].map((frame) => {
      const answer = reader.read(frame.subarray(4)).answers[0]?.answer
      return answer?.status === 'stored' ? [answer.owner, answer.epoch] : undefined
    })
    expect(owners).toEqual([
      ['ann', 1],
      ['ann', 1],
      ['bob', 2],
    ])
  })

  test('after a change of name all is told anew', () => {
    let name = 'Ann'
    const writer = new BatchWriter(() => name)
    const reader = new BatchReader()
    const from = (): unknown => {
      writer.packedMessage(packed(5, 'agent', 'x'), stored(1, 5))
      return reader.read(writer.take(1).subarray(4)).messages[0]?.from
    }
    expect(from()).toEqual({ role: 'agent', id: 'ann', name: 'Ann' })
    name = 'Anna'
    writer.forget()
    expect(from()).toEqual({ role: 'agent', id: 'ann', name: 'Anna' })
  })

  test('a queued conversation has no owner to tell', () => {
    const writer = new BatchWriter(nameOf)
    writer.packedMessage(packed(5, 'visitor', 'x'), stored(1, 5, { epoch: 0, owner: null }))
    expect(new BatchReader().read(writer.take(1).subarray(4)).messages[0]?.to).toEqual(['v5'])
  })
})
