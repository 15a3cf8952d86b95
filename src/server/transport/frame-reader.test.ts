import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FrameHandler, FrameReader } from './frame-reader.ts'
import { createWorkspace, unmask } from './workspace.ts'

const bounds = { messageBytes: 1_000, fragments: 4 }

/** A frame as a client sends it; each field can be made wrong. */
type Frame = {
  readonly first: number
  readonly payload: Uint8Array
  readonly key: readonly [number, number, number, number]
  readonly masked?: boolean
  /** How the length is spelled: 7, 16 or 64 bits; the shortest that fits unless told. */
  readonly width?: 16 | 64
}

const key = [0x12, 0xf4, 0x56, 0x98] as const
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const frame = (first: number, payload: string | Uint8Array = ''): Frame => ({
  first,
  payload: typeof payload === 'string' ? utf8(payload) : payload,
  key,
})

function bytesOf({ first, payload, key: mask, masked = true, width }: Frame): Buffer {
  const bit = masked ? 0x80 : 0
  const bytes = [first]
  if (width === 64 || payload.length > 0xffff) bytes.push(bit | 127, 0, 0, 0, 0, ...big(payload.length, 4))
  else if (width === 16 || payload.length > 125) bytes.push(bit | 126, ...big(payload.length, 2))
  else bytes.push(bit | payload.length)
  if (!masked) return Buffer.from([...bytes, ...payload])
  return Buffer.from([...bytes, ...mask, ...payload.map((byte, i) => byte ^ (mask[i & 3] ?? 0))])
}

const big = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => (value >>> (8 * (bytes - 1 - i))) & 0xff)

/** What a reader makes of the chunks. */
function heard(chunks: Iterable<Uint8Array>): unknown[] {
  const events: unknown[] = []
  const handler: FrameHandler = {
    text: (text) => events.push(['text', text]),
    ping: (payload) => events.push(['ping', payload]),
    pong: () => events.push(['pong']),
    closing: (code, reason) => events.push(['closing', code, reason]),
    failed: ({ code }) => events.push(['failed', code]),
  }
  const reader = new FrameReader(handler, bounds)
  for (const chunk of chunks) {
    const workspace = createWorkspace(chunk.length)
    workspace.bytes.set(chunk)
    reader.read(workspace, chunk.length)
  }
  return events
}

const heardOf = (...frames: readonly Frame[]): unknown[] => heard([Buffer.concat(frames.map(bytesOf))])

/** `bytes` cut behind each of `places`, which are parts of the whole. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => Math.floor(place * bytes.length)), bytes.length].sort(
    (a, b) => a - b,
  )
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end)).filter(({ length }) => length > 0)
}

describe('a valid stream', () => {
  test.each<[string, Frame[], unknown[]]>([
    ['text', [frame(0x81, 'abc')], [['text', 'abc']]],
    ['text beyond ASCII', [frame(0x81, '你好 é 🙂')], [['text', '你好 é 🙂']]],
    ['a byte order mark', [frame(0x81, '\ufeffx')], [['text', '\ufeffx']]],
    ['an empty text', [frame(0x81)], [['text', '']]],
    ['125 bytes', [frame(0x81, 'x'.repeat(125))], [['text', 'x'.repeat(125)]]],
    ['126 bytes', [frame(0x81, 'x'.repeat(126))], [['text', 'x'.repeat(126)]]],
    ['as many bytes as may be', [frame(0x81, 'x'.repeat(1_000))], [['text', 'x'.repeat(1_000)]]],
    ['a length in 16 bits that needed 7', [{ ...frame(0x81, 'x'), width: 16 }], [['text', 'x']]],
    ['a length in 64 bits that needed 7', [{ ...frame(0x81, 'x'), width: 64 }], [['text', 'x']]],
    ['a mask of zeros', [{ ...frame(0x81, 'abc'), key: [0, 0, 0, 0] }], [['text', 'abc']]],
    ['fragments', [frame(0x01, 'a'), frame(0x00, 'b'), frame(0x80, 'c')], [['text', 'abc']]],
    ['fragments without bytes', [frame(0x01), frame(0x00), frame(0x80)], [['text', '']]],
    [
      'a character cut by a fragment',
      [frame(0x01, utf8('你').subarray(0, 1)), frame(0x80, utf8('你').subarray(1))],
      [['text', '你']],
    ],
    [
      'as many fragments as may be, twice',
      [1, 2].flatMap(() => [frame(0x01, 'a'), frame(0x00), frame(0x00), frame(0x80, 'b')]),
      [
        ['text', 'ab'],
        ['text', 'ab'],
      ],
    ],
    [
      'control frames among fragments',
      [frame(0x01, 'a'), frame(0x89, 'p'), frame(0x8a, 'q'), frame(0x80, 'b')],
      [['ping', 'p'], ['pong'], ['text', 'ab']],
    ],
    ['a ping of any bytes', [frame(0x89, Uint8Array.of(0, 255))], [['ping', '\x00\xff']]],
    ['a close without a code', [frame(0x88)], [['closing', 1005, '']]],
    ['a close with a code', [frame(0x88, Uint8Array.of(0x03, 0xe8))], [['closing', 1000, '']]],
    [
      'a close with a reason',
      [frame(0x88, Uint8Array.of(0x0f, 0xa0, ...utf8('再见')))],
      [['closing', 4000, '再见']],
    ],
    [
      'nothing behind a close',
      [frame(0x88), frame(0x81, 'x'), { ...frame(0x81, 'x'), masked: false }],
      [['closing', 1005, '']],
    ],
  ])('%s', (_, frames, events) => {
    expect(heardOf(...frames)).toEqual(events)
    expect(heard(cut(Buffer.concat(frames.map(bytesOf)), everywhere))).toEqual(events)
  })

  test('gives the same wherever it is cut', () => {
    fc.assert(
      fc.property(fc.array(messages, { maxLength: 8 }), fc.array(part, { maxLength: 12 }), (sent, places) => {
        const bytes = Buffer.concat(sent.flatMap(({ frames }) => frames.map(bytesOf)))
        expect(heard(cut(bytes, places))).toEqual(sent.flatMap(({ events }) => events))
      }),
      { numRuns: 500 },
    )
  })
})

test.each([1000, 1001, 1002, 1003, 1007, 1014, 3000, 4999])('the close code %d may be sent', (code) => {
  expect(heardOf(frame(0x88, Uint8Array.of(code >> 8, code & 0xff)))).toEqual([['closing', code, '']])
})

describe('a stream that breaks the protocol ends with its code', () => {
  test.each<[string, Frame[], number]>([
    ['no mask', [{ ...frame(0x81, 'x'), masked: false }], 1002],
    ...[0x10, 0x20, 0x40].map((bit): [string, Frame[], number] => [
      `the reserved bit ${bit}`,
      [frame(0x81 | bit)],
      1002,
    ]),
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, Frame[], number] => [
      `the reserved opcode ${opcode}`,
      [frame(0x80 | opcode)],
      1002,
    ]),
    ['a continuation of nothing', [frame(0x80)], 1002],
    ['a new text among fragments', [frame(0x01), frame(0x81)], 1002],
    ['a fragmented ping', [frame(0x09)], 1002],
    ['a ping of 126 bytes', [frame(0x89, 'x'.repeat(126))], 1002],
    ['a close of one byte', [frame(0x88, 'x')], 1002],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code): [string, Frame[], number] => [
      `the close code ${code}`,
      [frame(0x88, Uint8Array.of(code >> 8, code & 0xff))],
      1002,
    ]),
    ['a binary message', [frame(0x82, 'x')], 1003],
    ['a binary fragment', [frame(0x02, 'x')], 1003],
    ['text that is not UTF-8', [frame(0x81, Uint8Array.of(0x61, 0xff))], 1007],
    ['a surrogate', [frame(0x81, Uint8Array.of(0xed, 0xa0, 0x80))], 1007],
    ['half a character', [frame(0x81, Uint8Array.of(0xe4, 0xbd))], 1007],
    ['a reason that is not UTF-8', [frame(0x88, Uint8Array.of(0x03, 0xe8, 0xff))], 1007],
    ['a fragment too many', [frame(0x01), frame(0x00), frame(0x00), frame(0x00), frame(0x00)], 1008],
    ['a byte too many', [frame(0x81, 'x'.repeat(1_001))], 1009],
    ['a byte too many in fragments', [frame(0x01, 'x'.repeat(600)), frame(0x80, 'x'.repeat(401))], 1009],
  ])('%s', (_, frames, code) => {
    const good = bytesOf(frame(0x81, 'before'))
    const bytes = Buffer.concat([good, ...frames.map(bytesOf), good])
    const events = [
      ['text', 'before'],
      ['failed', code],
    ]
    expect(heard([bytes])).toEqual(events)
    expect(heard(cut(bytes, everywhere))).toEqual(events)
  })

  test('a length beyond all bounds is refused as soon as it is told, and takes no memory', () => {
    const header = Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
    expect(heard([header])).toEqual([['failed', 1009]])
    expect(heard(cut(header, everywhere))).toEqual([['failed', 1009]])
  })
})

test('on any stream it says what the receiver of ws says', () => {
  fc.assert(
    fc.property(
      fc.array(anyFrame, { maxLength: 12 }),
      fc.array(part, { maxLength: 6 }),
      part,
      (frames, places, end) => {
        const bytes = Buffer.concat(frames.map(bytesOf))
        const chunks = cut(bytes.subarray(0, Math.ceil((0.5 + end) * bytes.length)), places)
        expect(heard(chunks)).toEqual(heardByWs(chunks))
      },
    ),
    { numRuns: 3_000 },
  )
})

test('unmasking says whether all is ASCII, at every alignment and length', () => {
  for (let start = 4; start < 12; start += 1) {
    for (let length = 0; length < 24; length += 1) {
      for (const odd of [undefined, ...Array.from({ length }, (_, i) => i)]) {
        const workspace = createWorkspace(40)
        workspace.bytes.fill(0x55)
        workspace.bytes.set(key, start - 4)
        const clear = Buffer.alloc(length, 'abcdefghijklmnopqrstuvwxyz')
        if (odd !== undefined) clear[odd] = 0xc3
        workspace.bytes.set(
          clear.map((byte, i) => byte ^ (key[i & 3] ?? 0)),
          start,
        )
        expect(unmask(workspace, start, start + length)).toBe(odd === undefined)
        expect(workspace.bytes.subarray(start, start + length)).toEqual(clear)
        expect(workspace.bytes[start + length]).toBe(0x55)
      }
    }
  }
})

const everywhere = Array.from({ length: 4_000 }, (_, i) => i / 4_000)
const part = fc.double({ min: 0, max: 1, noNaN: true })
const byte = fc.integer({ min: 0, max: 255 })
const keys: fc.Arbitrary<Frame['key']> = fc.tuple(byte, byte, byte, byte)
const widths = fc.constantFrom<Partial<Pick<Frame, 'width'>>>({}, {}, { width: 16 }, { width: 64 })
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 200 }),
)

type Sent = { readonly frames: readonly Frame[]; readonly events: readonly unknown[] }

const messages: fc.Arbitrary<Sent> = fc.oneof(
  fc.tuple(texts, keys, widths).map(
    ([text, mask, width]): Sent => ({
      frames: [{ first: 0x81, payload: utf8(text), key: mask, ...width }],
      events: [['text', Buffer.from(text).toString()]],
    }),
  ),
  fc
    .tuple(texts, fc.array(part, { maxLength: 3 }), keys, fc.boolean())
    .map(([text, places, mask, pinging]): Sent => {
      const parts = cut(Buffer.from(text), places)
      const fragments = parts.map(
        (payload, i): Frame => ({
          first: (i === 0 ? 1 : 0) | (i === parts.length - 1 ? 0x80 : 0),
          payload,
          key: mask,
        }),
      )
      const ping: Frame = { first: 0x89, payload: utf8('p'), key: mask }
      const between = pinging && fragments.length > 0
      return {
        frames: between ? [...fragments.slice(0, 1), ping, ...fragments.slice(1)] : fragments,
        events: [
          ...(between && fragments.length > 1 ? [['ping', 'p']] : []),
          ...(fragments.length > 0 ? [['text', Buffer.from(text).toString()]] : []),
          ...(between && fragments.length === 1 ? [['ping', 'p']] : []),
        ],
      }
    }),
  keys.map(
    (mask): Sent => ({
      frames: [{ first: 0x8a, payload: utf8('q'), key: mask }],
      events: [['pong']],
    }),
  ),
)

// Mostly right, sometimes wrong in one way. Without binary frames: those, ws hands on.
const anyFrame: fc.Arbitrary<Frame> = fc
  .record({
    first: fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(0x81, 0x01, 0x00, 0x80, 0x89, 0x8a) },
      { weight: 2, arbitrary: fc.constant(0x88) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }).filter((first) => (first & 0x0f) !== 2) },
    ),
    payload: fc.oneof(
      { weight: 6, arbitrary: texts.map(utf8) },
      { weight: 2, arbitrary: fc.uint8Array({ maxLength: 130 }) },
      {
        weight: 2,
        arbitrary: fc.integer({ min: 990, max: 5_010 }).map((code) => Uint8Array.of(code >> 8, code & 0xff)),
      },
      { weight: 1, arbitrary: fc.integer({ min: 300, max: 1_100 }).map((size) => new Uint8Array(size)) },
    ),
    key: keys,
    masked: fc.oneof(
      { weight: 30, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
    width: widths,
  })
  .map(({ width, ...rest }) => ({ ...rest, ...width }))

type WsReceiver = {
  readonly on: (event: string, listener: (...args: never[]) => void) => void
  readonly write: (chunk: Buffer) => void
  createError: (type: unknown, message: string, prefix: boolean, code: number, name: string) => Error
}

/** The same events as told by the receiver of ws. */
function heardByWs(chunks: readonly Buffer[]): unknown[] {
  const events: unknown[] = []
  const receiver = new Receiver({
    isServer: true,
    maxPayload: bounds.messageBytes,
    maxFragments: bounds.fragments,
    allowSynchronousEvents: true,
  })
  let ended = false
  receiver.on('message', (data: Buffer) => events.push(['text', data.toString()]))
  receiver.on('ping', (data: Buffer) => events.push(['ping', data.toString('latin1')]))
  receiver.on('pong', () => events.push(['pong']))
  receiver.on('conclude', (code: number, reason: Buffer) => {
    ended = true
    events.push(['closing', code, reason.toString()])
  })
  receiver.on('error', () => undefined)
  const original = receiver.createError.bind(receiver)
  receiver.createError = (...args) => {
    ended = true
    events.push(['failed', args[3]])
    return original(...args)
  }
  for (const chunk of chunks) if (!ended) receiver.write(Buffer.from(chunk))
  return events
}

const { Receiver } = createRequire(import.meta.url)('ws') as {
  readonly Receiver: new (options: object) => WsReceiver
}
