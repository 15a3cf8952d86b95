import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { closeCodes, errorCodes } from '../src/protocol/codes.ts'
import { decodeClientFrame } from '../src/protocol/decode.ts'
import { decodeServerFrame } from '../src/protocol/decode-server.ts'
import { generate, protocolPage } from './generate-docs.ts'

const page = readFileSync(protocolPage, 'utf8')

describe('docs/protocol.md', () => {
  test('says what the source says (else run: node scripts/generate-docs.ts)', () => {
    expect(page).toBe(generate(page))
  })

  test('names every error and close code', () => {
    for (const code of Object.keys(errorCodes)) expect(page).toContain(`| \`${code}\` |`)
    for (const [code, { name }] of Object.entries(closeCodes))
      expect(page).toContain(`| ${code} | \`${name}\` |`)
  })

  test('shows only frames that the codec takes', () => {
    const sent = [...page.matchAll(/^→ (\{.*\})$/gm)].map((match) => match[1] ?? '')
    const received = [...page.matchAll(/^← (\{.*\})$/gm)].map((match) => match[1] ?? '')
    expect(sent.length).toBeGreaterThan(10)
    expect(received.length).toBeGreaterThan(10)
    for (const frame of sent) expect(decodeClientFrame(frame), frame).toMatchObject({ ok: true })
    for (const frame of received) expect(decodeServerFrame(frame), frame).toEqual(JSON.parse(frame))
  })

  test('a part without its markers is an error, not silence', () => {
    expect(() => generate(page.replace('<!-- end: limits -->', ''))).toThrow(
      'docs/protocol.md: the markers of "limits" are missing',
    )
  })
})
