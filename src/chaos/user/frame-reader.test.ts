import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as ws from 'ws'
import { FrameReader } from './frame-reader.ts'

// Exported by ws, missing in its types.
const { Sender } = ws as unknown as {
  readonly Sender: {
    readonly frame: (data: Buffer, options: Readonly<Record<string, unknown>>) => readonly Buffer[]
  }
}

type Seen = {
  readonly texts: string[]
  readonly pings: string[]
  readonly closes: string[]
  readonly broken: string[]
}

function reading(): { readonly reader: FrameReader; readonly seen: Seen } {
  const seen: Seen = { texts: [], pings: [], closes: [], broken: [] }
  const reader = new FrameReader({
    text: (bytes, start, end) => seen.texts.push(bytes.toString('utf8', start, end)),
    ping: (payload) => seen.pings.push(payload.toString()),
    closing: (code, reason) => seen.closes.push(`${code} ${reason}`),
    broken: (message) => seen.broken.push(message),
  })
  return { reader, seen }
}

// `ws` is the oracle: these are the bytes its sender writes.
function frameOf(text: string, options: { readonly fin?: boolean; readonly opcode?: number } = {}): Buffer {
  const parts = Sender.frame(Buffer.from(text), {
    fin: options.fin ?? true,
    rsv1: false,
    opcode: options.opcode ?? 1,
    mask: false,
    readOnly: false,
  })
  return Buffer.concat(parts)
}

function pushCut(reader: FrameReader, bytes: Buffer, cuts: readonly number[]): void {
  let at = 0
  for (const cut of [...cuts.map((n) => n % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    // A copy that is overwritten afterwards, as the shared read buffer is.
    const chunk = Buffer.from(bytes.subarray(at, cut))
    if (chunk.length > 0) reader.push(chunk, 0, chunk.length)
    chunk.fill(0)
    at = cut
  }
}

test('reads what ws writes, in whatever pieces it arrives, with 7, 16 and 64 bit lengths', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 130 }),
    fc.integer({ min: 120, max: 130 }).map((n) => 'x'.repeat(n)),
    fc.integer({ min: 65_530, max: 65_540 }).map((n) => '客'.repeat(Math.ceil(n / 3))),
  )
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 12 }), (texts, cuts) => {
      const { reader, seen } = reading()
      pushCut(reader, Buffer.concat(texts.map((one) => frameOf(one))), cuts)
      expect(seen).toEqual({ texts, pings: [], closes: [], broken: [] })
    }),
    { numRuns: 200, seed: 7 },
  )
})

test('puts fragments together, with a ping between them', () => {
  const { reader, seen } = reading()
  const bytes = Buffer.concat([
    frameOf('你', { fin: false }),
    frameOf('still there?', { opcode: 9 }),
    frameOf('好', { fin: false, opcode: 0 }),
    frameOf('!', { opcode: 0 }),
    frameOf('next'),
  ])
  pushCut(reader, bytes, [1, 2, 5, 9, 20, 25])
  expect(seen).toEqual({ texts: ['你好!', 'next'], pings: ['still there?'], closes: [], broken: [] })
})

test('hands on the code and reason of a close frame, and 1005 without one', () => {
  const { reader, seen } = reading()
  const coded = Buffer.concat([Buffer.from([0x11, 0x3d]), Buffer.from('slow')])
  const bytes = Buffer.concat([frameOf(coded.toString('latin1'), { opcode: 8 })])
  reader.push(bytes, 0, bytes.length)
  const empty = frameOf('', { opcode: 8 })
  reader.push(empty, 0, empty.length)
  expect(seen.closes).toEqual(['4413 slow', '1005 '])
})

test.each([
  { name: 'a reserved bit', bytes: [0xc1, 0x01, 0x61], message: 'a reserved bit is set' },
  { name: 'a mask', bytes: [0x81, 0x81, 1, 2, 3, 4, 5], message: "a server's frame is masked" },
  { name: 'a binary frame', bytes: [0x82, 0x01, 0x61], message: 'opcode 2; text was expected' },
  { name: 'a lone continuation', bytes: [0x80, 0x01, 0x61], message: 'a continuation without a beginning' },
  { name: 'a fragmented ping', bytes: [0x09, 0x00], message: 'a control frame is fragmented or too long' },
  {
    name: 'an absurd length',
    bytes: [0x81, 0x7f, 0, 0, 1, 0, 0, 0, 0, 0],
    message: 'a frame of 1099511627776 bytes (bound 16777216)',
  },
])('refuses $name and reads nothing after it', ({ bytes, message }) => {
  const { reader, seen } = reading()
  const after = frameOf('after')
  const all = Buffer.concat([Buffer.from(bytes), after])
  reader.push(all, 0, all.length)
  reader.push(after, 0, after.length)
  expect(seen).toEqual({ texts: [], pings: [], closes: [], broken: [message] })
})
