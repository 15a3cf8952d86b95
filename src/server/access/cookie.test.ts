import { expect, test } from 'vitest'
import { clearedSessionCookie, sessionCookie, sessionTokenInCookie } from './cookie.ts'

test('the session token is found among other cookies', () => {
  expect(sessionTokenInCookie('a=1; kf_session=tok-en; b=2')).toBe('tok-en')
  expect(sessionTokenInCookie('kf_session=x')).toBe('x')
})

test('no token is found where there is none', () => {
  for (const header of [undefined, '', 'kf_session', 'kf_session=', 'xkf_session=1', 'a=kf_session=1']) {
    expect(sessionTokenInCookie(header)).toBeUndefined()
  }
})

test('the cookie is out of reach for scripts and other sites, and Secure under https', () => {
  expect(sessionCookie('tok', 43_200_000, { path: '/chat/', secure: true })).toBe(
    'kf_session=tok; Max-Age=43200; Path=/chat/; HttpOnly; SameSite=Strict; Secure',
  )
  expect(clearedSessionCookie({ path: '/', secure: false })).toBe(
    'kf_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict',
  )
})
