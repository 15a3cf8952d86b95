import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readSha256, sha256In } from './checksums.ts'

const folder = mkdtempSync(join(tmpdir(), 'kf-checksums-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function file(text: string): string {
  const path = join(folder, 'tools.lock')
  writeFileSync(path, text)
  return path
}

describe('a checksum file', () => {
  const [a, b] = ['a'.repeat(64), 'B'.repeat(64)]

  it('gives the SHA-256 of a file by its name, as sha256sum writes it', () => {
    const path = file(`# checked by Ann\n${a}  k6.tar.gz\n\n${b} *dist/toxiproxy-server-linux-amd64\n`)
    expect(sha256In(path, 'k6.tar.gz')).toBe(a)
    expect(sha256In(path, 'toxiproxy-server-linux-amd64')).toBe(b.toLowerCase())
    expect(sha256In(path, 'another')).toBeUndefined()
  })

  it('with another line in it is refused, with the line', () => {
    expect(() => sha256In(file(`${a}  k6\nabc  k7\n`), 'k6')).toThrow(
      ':2: is not "SHA-256, two spaces, file name"',
    )
  })

  it('that is not there is an error', () => {
    expect(() => sha256In(join(folder, 'absent'), 'k6')).toThrow('cannot be read')
  })
})

describe('a SHA-256', () => {
  it('is 64 hexadecimal digits', () => {
    expect(readSha256(` ${'AB'.repeat(32)} `)).toBe('ab'.repeat(32))
    expect(() => readSha256('ab')).toThrow('--sha256 ab: 64 hexadecimal digits are needed')
  })
})
