import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeClientFrame, decodeSentBody } from './decode.ts'
import type { ClientFrame } from './frames.ts'
import { serverLimits, wireLimits } from './limits.ts'

const id = '018bcfe5-6800-7000-8000-0123456789ab'
const conversation = 'abcdefgh234567ab'
const text = { kind: 'text', text: '你好' } as const

function refused(frame: unknown): { readonly code: string; readonly message: string; readonly id?: string } {
  const decoded = decodeClientFrame(typeof frame === 'string' ? frame : JSON.stringify(frame))
  if (decoded.ok) throw new Error(`accepted: ${JSON.stringify(decoded.frame)}`)
  const { ok: _, ...rest } = decoded
  return rest
}

const valid: readonly ClientFrame[] = [
  { type: 'hello' },
  { type: 'hello', site: 'k1', token: 't'.repeat(4096), page_url: 'https://shop.example/', locale: 'zh-CN' },
  { type: 'hello', resume: { incarnation: 'i1', streams: [{ conversation, stream: 'internal', after: 0 }] } },
  { type: 'send', id, body: text },
  {
    type: 'send',
    id,
    conversation,
    stream: 'internal',
    epoch: 0,
    body: { kind: 'text', text: 'x'.repeat(8000) },
  },
  {
    type: 'send',
    id,
    body: { kind: 'file', file: { id: 'f', name: '发票.pdf', type: 'application/pdf', size: 0 } },
  },
  {
    type: 'send',
    id,
    body: { kind: 'card', title: 'Tea', text: '', url: 'https://shop.example/tea', image: 'HTTP://x/y' },
  },
  { type: 'typing' },
  { type: 'typing', conversation, preview: '' },
  { type: 'read', conversation, seq: 1 },
  { type: 'history', conversation, before: Number.MAX_SAFE_INTEGER, limit: 1 },
  { type: 'history', conversation, stream: 'public', after: 0, limit: 200 },
  { type: 'conversations', next: 'n' },
  { type: 'accept', id, conversation, epoch: 0 },
  { type: 'transfer', id, conversation, epoch: 1, to: 'a2' },
  { type: 'release', id, conversation, epoch: 1 },
  { type: 'close', id, conversation, epoch: 1 },
  { type: 'retract', id, conversation, epoch: 1, seq: 4 },
  { type: 'status', status: 'away' },
  { type: 'ping' },
]

describe('a client frame', () => {
  test.each(valid)('is read as it was written: %j', (frame) => {
    expect(decodeClientFrame(JSON.stringify(frame))).toEqual({ ok: true, frame })
  })

  test.each([
    ['', 'frame is not JSON'],
    ['{"type":"ping"', 'frame is not JSON'],
    ['[]', 'frame must be a JSON object'],
    ['null', 'frame must be a JSON object'],
    ['"ping"', 'frame must be a JSON object'],
    ['{}', 'frame: type is missing'],
    ['{"type":7}', 'frame: type must be a string'],
    ['{"type":"sned"}', 'frame: type "sned" is unknown'],
    ['{"type":"constructor"}', 'frame: type "constructor" is unknown'],
    ['{"type":"ping","now":1}', 'ping: unknown field "now"'],
    ['{"type":"ping","__proto__":{"type":"send"}}', 'ping: unknown field "__proto__"'],
    ['{"type":"ping","constructor":{}}', 'ping: unknown field "constructor"'],
    ['{"type":"ping","prototype":1}', 'ping: unknown field "prototype"'],
  ])('%s is bad: %s', (frame, message) => {
    expect(refused(frame)).toEqual({ code: 'bad_frame', message })
  })

  const send = { type: 'send', id, body: text }
  const history = { type: 'history', conversation, after: 0, limit: 20 }
  const retract = { type: 'retract', id, conversation, epoch: 1, seq: 4 }
  const stream = { conversation, stream: 'public', after: 0 }
  const resume = (streams: unknown) => ({ type: 'hello', resume: { incarnation: 'i1', streams } })
  test.each<[unknown, string]>([
    [{ ...send, from: { role: 'agent', id: 'a1' } }, 'send: unknown field "from"'],
    [
      { ...send, conversation: 'ABCDEFGH234567AB' },
      'send: conversation must be a conversation id, 16 characters of a-z and 2-7',
    ],
    [
      { ...send, conversation: `${conversation}\n` },
      'send: conversation must be a conversation id, 16 characters of a-z and 2-7',
    ],
    [
      { ...send, conversation: null },
      'send: conversation must be a conversation id, 16 characters of a-z and 2-7',
    ],
    [{ ...send, stream: 'secret' }, 'send: stream must be public or internal'],
    [{ ...send, epoch: '1' }, 'send: epoch must be an integer'],
    [{ ...send, epoch: 1.5 }, 'send: epoch is not a safe integer'],
    [{ ...send, epoch: 2 ** 53 }, 'send: epoch is not a safe integer'],
    [{ ...send, epoch: -1 }, 'send: epoch is -1, must be at least 0'],
    [{ ...send, body: undefined }, 'send: body is missing'],
    [{ ...send, body: [text] }, 'send: body must be an object'],
    [{ ...send, body: {} }, 'body: kind is missing'],
    [
      { ...send, body: { kind: 'event', event: 'closed' } },
      'body: kind "event" is unknown; text, file and card can be sent',
    ],
    [{ ...send, body: { kind: 'text' } }, 'text body: text is missing'],
    [{ ...send, body: { kind: 'text', text: ['a'] } }, 'text body: text must be a string'],
    [{ ...send, body: { kind: 'text', text: ' \n\u3000' } }, 'text body: text is empty or only white space'],
    [{ ...send, body: { kind: 'text', text: '' } }, 'text body: text is empty or only white space'],
    [{ ...send, body: { ...text, html: '<b>' } }, 'text body: unknown field "html"'],
    [
      { ...send, body: { kind: 'file', file: { id: 'f', name: '', type: 'a/b', size: 1 } } },
      'file: name is empty',
    ],
    [
      { ...send, body: { kind: 'file', file: { id: 'f', name: 'n', type: 'a/b', size: -1 } } },
      'file: size is -1, must be at least 0',
    ],
    [
      { ...send, body: { kind: 'card', title: 't', url: 'javascript:alert(1)' } },
      'card body: url must begin with https:// or http://',
    ],
    [{ ...send, body: { kind: 'card', title: { a: { b: {} } } } }, 'card body: title must be a string'],
    [{ ...history, before: 3 }, 'history: exactly one of before and after must be given'],
    [{ ...history, after: undefined }, 'history: exactly one of before and after must be given'],
    [{ ...history, limit: 0 }, 'history: limit is 0, must be at least 1'],
    [{ ...retract, seq: 0 }, 'retract: seq is 0, must be at least 1'],
    [{ ...retract, epoch: undefined }, 'retract: epoch is missing'],
    [{ type: 'transfer', id, conversation, epoch: 1 }, 'transfer: to is missing'],
    [{ type: 'status', status: 'busy' }, 'status: status must be online, away or offline'],
    [{ type: 'hello', site: '' }, 'hello: site is empty'],
    [{ type: 'hello', locale: 'x'.repeat(36) }, 'hello: locale has 36 characters, at most 35 are allowed'],
    [resume({}), 'hello resume: streams must be an array'],
    [resume([7]), 'hello resume: each of streams must be an object'],
    [resume([{ ...stream, after: -1 }]), 'hello resume: after is -1, must be at least 0'],
    [resume([{ ...stream, extra: 1 }]), 'hello resume: unknown field "extra"'],
    [
      resume(Array.from({ length: 1001 }, () => stream)),
      'hello resume: 1001 streams, at most 1000 are allowed',
    ],
  ])('%j is bad', (frame, message) => {
    expect(refused(frame)).toMatchObject({ code: 'bad_frame', message })
  })

  test.each([
    id.toUpperCase(),
    id.replaceAll('-', ''),
    id.replace('-7', '-4'),
    '018bcfe5-6800-7000-c000-0123456789ab',
    `{${id}}`,
    7,
  ])('the id %j is not a UUIDv7 as it should be written', (wrong) => {
    expect(refused({ ...send, id: wrong })).toMatchObject({
      code: 'bad_frame',
      message: 'send: id must be a UUIDv7 in lower case with hyphens',
    })
  })

  test('what is too long for welcome.limits is too_large', () => {
    const long = 'x'.repeat(wireLimits.text_chars + 1)
    expect(refused({ ...send, body: { kind: 'text', text: long } })).toEqual({
      code: 'too_large',
      message: 'text body: text has 8001 characters, at most 8000 are allowed',
      id,
    })
    expect(refused({ type: 'typing', preview: 'x'.repeat(501) }).code).toBe('too_large')
    expect(refused({ ...history, limit: 201 })).toEqual({
      code: 'too_large',
      message: 'history: limit is 201, at most 200 are allowed',
    })
    expect(refused(' '.repeat(wireLimits.frame_bytes + 1)).code).toBe('too_large')
  })

  test('a refusal carries the id that could be read', () => {
    expect(refused({ ...send, stream: 7 }).id).toBe(id)
    expect(refused({ ...send, id: 'my-7' }).id).toBe('my-7')
    expect(refused({ ...send, id: 'x'.repeat(65) }).id).toBeUndefined()
    expect(refused({ type: 'sned', id }).id).toBe(id)
  })

  test('lone surrogates become U+FFFD, pairs stay', () => {
    const decoded = decodeClientFrame(
      `{"type":"send","id":"${id}","body":{"kind":"text","text":"a\\ud800b😀"}}`,
    )
    expect(decoded).toMatchObject({ ok: true, frame: { body: { text: 'a\uFFFDb😀' } } })
  })

  test('of duplicate keys the last counts', () => {
    expect(decodeClientFrame('{"type":"send","type":"ping"}')).toEqual({ ok: true, frame: { type: 'ping' } })
  })

  test('the deepest nesting that fits a frame is refused without harm', () => {
    const { frame_bytes: size } = wireLimits
    const nested = (open: string, close: string) => {
      const levels = Math.floor((size - 10) / (open.length + close.length))
      return `${open.repeat(levels)}1${close.repeat(levels)}`
    }
    expect(refused(nested('[', ']')).code).toBe('bad_frame')
    expect(refused(nested('{"type":', '}')).code).toBe('bad_frame')
    expect(refused('['.repeat(size)).message).toBe('frame is not JSON')
    const deep = `${'['.repeat(serverLimits.json_depth)}${']'.repeat(serverLimits.json_depth)}`
    expect(refused(`{"type":"send","id":"${id}","body":{"kind":"card","title":${deep}}}`).message).toBe(
      'card body: title must be a string',
    )
  })

  test('never throws and never lets an unknown field through, whatever the JSON', () => {
    const types = valid.map(({ type }) => type)
    const anything = fc.oneof(
      fc.json({ maxDepth: 4 }),
      fc
        .record({ type: fc.constantFrom(...types), extra: fc.jsonValue() })
        .map((value) => JSON.stringify(value)),
      fc
        .tuple(fc.constantFrom(...valid), fc.string(), fc.jsonValue())
        .map(([frame, field, value]) => JSON.stringify({ ...frame, [field]: value })),
      fc.string(),
    )
    const known = new Set(valid.flatMap((frame) => Object.keys(frame)))
    fc.assert(
      fc.property(anything, (frame) => {
        const decoded = decodeClientFrame(frame)
        if (decoded.ok) for (const field of Object.keys(decoded.frame)) expect(known).toContain(field)
        else expect(['bad_frame', 'too_large']).toContain(decoded.code)
      }),
    )
  })
})

describe('a body by itself, as REST takes it', () => {
  test('is the body or why not', () => {
    expect(decodeSentBody(text)).toEqual({ ok: true, body: text })
    expect(decodeSentBody({ kind: 'retracted' })).toMatchObject({ ok: false, code: 'bad_frame' })
    expect(decodeSentBody(undefined)).toEqual({
      ok: false,
      code: 'bad_frame',
      message: 'send: body is missing',
    })
  })
})
