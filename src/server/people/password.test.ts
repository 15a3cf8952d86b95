import { describe, expect, it } from 'vitest'
import {
  checkNewPassword,
  hashPassword,
  hashToken,
  newSessionToken,
  oneTimePassword,
  verifyNothing,
  verifyPassword,
} from './password.ts'

describe('password', () => {
  it('verifies the password it hashed and no other', async () => {
    const phc = await hashPassword('四个随机单词 correct horse')
    expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(await verifyPassword('四个随机单词 correct horse', phc)).toBe(true)
    expect(await verifyPassword('四个随机单词 correct hors', phc)).toBe(false)
  })

  it('salts: the same password hashes to two strings', async () => {
    expect(await hashPassword('same password')).not.toBe(await hashPassword('same password'))
  })

  it('takes the composed and the decomposed form of a letter for the same', async () => {
    const phc = await hashPassword('caf\u00e9 au lait')
    expect(await verifyPassword('cafe\u0301 au lait', phc)).toBe(true)
  })

  it('agrees with the test vector of the reference implementation (64 MiB, two passes, salt "somesalt")', async () => {
    const phc = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
    expect(await verifyPassword('password', phc)).toBe(true)
  })

  it.each([
    '',
    '!',
    '$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM$AAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQxMjM$AAAAAAAAAAAAAAAAAAAAAA',
  ])('refuses %o as a stored password', async (phc) => {
    expect(await verifyPassword('', phc)).toBe(false)
  })

  it('answers false for a login that does not exist', async () => {
    expect(await verifyNothing('whatever it was')).toBe(false)
  })

  it('says which length a new password needs', () => {
    expect(() => {
      checkNewPassword('短')
    }).toThrow('the new password has 1 characters; 10 to 200 are allowed')
    expect(() => {
      checkNewPassword('一二三四五六七八九十')
    }).not.toThrow()
  })

  it('makes one-time passwords of four groups without look-alike letters', () => {
    expect(oneTimePassword()).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/)
    expect(oneTimePassword((length) => new Uint8Array(length))).toBe('0000-0000-0000-0000')
  })

  it('makes session tokens of 256 bits and stores only their hash', () => {
    const token = newSessionToken()
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})
