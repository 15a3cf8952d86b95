import type { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import * as ws from 'ws'
import { FrameTemplate, textFrame } from './masked.ts'

// Exported by ws, missing in its types.
const { Receiver } = ws as unknown as {
  readonly Receiver: new (options: { readonly isServer: boolean }) => Writable
}

const slot = '00000000-0000-7000-8000-0000000000ff'

// What an ordinary server reads from these bytes.
function readByWs(frames: readonly Buffer[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const texts: string[] = []
    const receiver = new Receiver({ isServer: true })
    receiver.on('message', (data: Buffer) => {
      texts.push(data.toString())
      if (texts.length === frames.length) resolve(texts)
    })
    receiver.on('error', reject)
    for (const frame of frames) receiver.write(frame)
  })
}

test('a server unmasks a frame of any length to its text', async () => {
  const texts = ['', 'hello', '退款多久到账?'.repeat(10), 'x'.repeat(70_000)]
  expect(await readByWs(texts.map(textFrame))).toEqual(texts)
})

test('a template changes the id and nothing else, wherever the id stands', async () => {
  const frames: Buffer[] = []
  for (const prefix of ['', 'a', '您', 'abcdefg']) {
    const template = new FrameTemplate(`${prefix}${slot} 你好`, slot)
    template.put(Buffer.from('0198c2de-1234-7abc-8def-00000001002a'))
    frames.push(template.bytes)
    template.renew()
    template.put(Buffer.from('0198c2de-1234-7abc-9def-00000002002b'))
    frames.push(template.bytes)
  }
  expect(await readByWs(frames)).toEqual(
    ['', 'a', '您', 'abcdefg'].flatMap((prefix) => [
      `${prefix}0198c2de-1234-7abc-8def-00000001002a 你好`,
      `${prefix}0198c2de-1234-7abc-9def-00000002002b 你好`,
    ]),
  )
})
