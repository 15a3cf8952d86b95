import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeToken, readToken } from './remote-secret.ts'

const folder = mkdtempSync(join(tmpdir(), 'kf-token-'))
const path = join(folder, 'token')
const bytes = Uint8Array.from({ length: 32 }, (_, n) => n * 7)
afterAll(() => {
  rmSync(folder, { recursive: true })
})

test('a token is made once, for its owner alone, and read as the same key by whoever has a copy', () => {
  expect(makeToken(path, () => bytes)).toBe(true)
  expect(makeToken(path, () => bytes.map((byte) => byte + 1))).toBe(false)
  expect(readFileSync(path, 'utf8').trim()).toBe(Buffer.from(bytes).toString('hex'))
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const copy = join(folder, 'copy')
  writeFileSync(copy, `  ${Buffer.from(bytes).toString('hex')}`, { mode: 0o600 })
  expect(readToken(copy)).toEqual(readToken(path))
  expect(readToken(path)).toHaveLength(32)
})

test('a file that others can read is refused', () => {
  const open = join(folder, 'open')
  writeFileSync(open, 'x')
  chmodSync(open, 0o644)
  expect(() => readToken(open)).toThrow(`${open} is open to other users (mode 644)`)
})

test('what is too short or too plain to be a secret is refused', () => {
  const weak = join(folder, 'weak')
  for (const text of ['', 'secret', 'a'.repeat(64), 'abcabcabcabcabcabcabcabcabcabcabcabc']) {
    writeFileSync(weak, text, { mode: 0o600 })
    expect(() => readToken(weak)).toThrow(`${weak} holds no token: at least 32 random characters are needed`)
  }
  expect(() => readToken(join(folder, 'none'))).toThrow('cannot be read (ENOENT)')
})
