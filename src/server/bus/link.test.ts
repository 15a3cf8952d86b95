import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLink, type Link, MessageReader } from './link.ts'
import { eventually } from './links-in-test.ts'

function framed(text: string): Buffer {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

describe('a reader of messages', () => {
  test('finds the same messages however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 60 }),
        (texts, cuts) => {
          const bytes = Buffer.concat(texts.map(framed))
          const reader = new MessageReader()
          const found: string[] = []
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const end = at + (cuts[i % cuts.length] ?? 1)
            found.push(...reader.push(bytes.subarray(at, end)).map(String))
            at = end
          }
          expect(found).toEqual(texts)
        },
      ),
    )
  })

  test('refuses a length that no batch has', () => {
    expect(() => new MessageReader().push(Buffer.from([0xff, 0xff, 0xff, 0xff]))).toThrow(
      'a message of 4294967295 bytes on a link between processes (bound 268435456)',
    )
  })
})

describe('a link over a socket', () => {
  type End = { readonly link: Link<unknown>; readonly got: unknown[]; readonly ended: (Error | undefined)[] }
  let folder: string
  let server: Server
  let near: End
  let far: End
  let raw: Socket

  const endOf = (socket: Socket, onMessage: (message: unknown) => void = () => undefined): End => {
    const got: unknown[] = []
    const ended: (Error | undefined)[] = []
    const link = createLink<unknown, unknown>(socket, {
      message: (message) => {
        got.push(message)
        onMessage(message)
      },
      packed: (bytes) => got.push(bytes.toString('latin1')),
      closed: (error) => ended.push(error),
    })
    return { link, got, ended }
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kf-link-'))
    const accepted = Promise.withResolvers<Socket>()
    server = createServer(accepted.resolve).listen({ path: join(folder, 'x.sock') })
    raw = connect({ path: join(folder, 'x.sock') })
    near = endOf(raw)
    far = endOf(await accepted.promise, (message) => {
      if (message === 'throw') throw new Error('a defect')
    })
  })

  afterEach(() => {
    near.link.close()
    server.close()
    rmSync(folder, { recursive: true })
  })

  test('keeps order and content, Han text and lone surrogates too', async () => {
    const messages = Array.from({ length: 200 }, (_, n) => ({ n, text: '你好'.repeat(n), odd: '\ud800' }))
    for (const message of messages) near.link.send(message)
    await eventually(() => expect(far.got).toHaveLength(200))
    expect(far.got).toEqual(messages)
    far.link.send({ back: true })
    await eventually(() => expect(near.got).toEqual([{ back: true }]))
  })

  test('closes once for both when one closes, and takes nothing after that', async () => {
    near.link.close()
    await eventually(() => expect(far.ended).toEqual([undefined]))
    await eventually(() => expect(near.ended).toEqual([undefined]))
    far.link.send('too late')
    expect(far.link.buffered()).toBe(0)
  })

  test.each<[string, () => void, RegExp]>([
    ['a broken length', () => raw.write(Buffer.from([0xff, 0, 0, 0, 1])), /a message of 4278190080 bytes/],
    ['what is no JSON', () => raw.write(framed('{"half":')), /JSON/],
    ['an exception of its reader', () => near.link.send('throw'), /a defect/],
  ])('closes with the error after %s', async (_, act, error) => {
    act()
    near.link.send('behind it')
    await eventually(() => expect(far.ended).toHaveLength(1))
    expect(far.ended[0]?.message).toMatch(error)
    expect(far.got).not.toContain('behind it')
    await eventually(() => expect(near.ended).toHaveLength(1))
  })
})
