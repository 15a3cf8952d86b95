import type { Writable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as ws from 'ws'
import { pingFrame, textFrame } from './frame.ts'

// Its types leave the receiver out.
const { Receiver } = ws as unknown as { readonly Receiver: new (options: object) => Writable }

/** What the `ws` package, as a client, reads from these frames. */
function read(frames: string): { readonly messages: string[]; readonly pings: number } {
  const receiver = new Receiver({ isServer: false, allowSynchronousEvents: true })
  const messages: string[] = []
  let pings = 0
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    expect(isBinary).toBe(false)
    messages.push(data.toString())
  })
  receiver.on('ping', () => {
    pings++
  })
  receiver.on('error', (error: Error) => {
    throw error
  })
  receiver.write(Buffer.from(frames, 'latin1'))
  return { messages, pings }
}

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 300_000])(
  'a text of %i bytes is read as it was',
  (length) => {
    const ascii = 'x'.repeat(length)
    const frame = textFrame(ascii)
    expect(frame).toHaveLength(length + (length < 126 ? 2 : length < 65_536 ? 4 : 10))
    expect(read(frame)).toEqual({ messages: [ascii], pings: 0 })
  },
)

test.each(['你好，订单什么时候发货？', 'é', '👩‍👩‍👧 and 🇨🇳', '请问'.repeat(20_000), '\u0000\u007f\u0080'])(
  'text outside ASCII is UTF-8, its length counted in bytes',
  (text) => {
    expect(read(textFrame(text)).messages).toEqual([text])
  },
)

test('frames joined in one write are read one by one, pings between them too', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 200 }), { maxLength: 20 }), (texts) => {
      const joined = texts.map((text) => textFrame(text) + pingFrame).join('')
      expect(read(joined)).toEqual({ messages: texts, pings: texts.length })
    }),
  )
})
