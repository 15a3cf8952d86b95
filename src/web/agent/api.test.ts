import { describe, expect, test } from 'vitest'
import { createApi, readAgents, readAnswer } from './api.ts'

describe('the site’s agents', () => {
  test('what is no agent is left out, and no list is no answer', () => {
    const li = { id: 'a1', name: '小李', status: 'online', presence: 'online', load: 1, capacity: 5 }
    expect(readAgents({ agents: [li, { ...li, status: 'asleep' }, null] })).toEqual([li])
    expect(readAgents({ error: { code: 'unauthenticated' } })).toBeUndefined()
  })
})

describe('the answers to a login', () => {
  test('a token, the agent’s name, and whether the password must change', () => {
    expect(readAnswer({ token: 't', agent: { id: 'a', name: '小李' }, must_change_password: true })).toEqual({
      ok: true,
      token: 't',
      name: '小李',
      mustChange: true,
    })
  })

  test('a refusal carries its code and how long to wait', () => {
    expect(
      readAnswer({ error: { code: 'rate_limited', message: 'too many tries', retry_after_ms: 20_000 } }),
    ).toEqual({
      ok: false,
      code: 'rate_limited',
      message: 'too many tries',
      retryAfterMs: 20_000,
    })
  })

  test.each([null, 'x', {}, { token: 5 }, { error: 'x' }])('%j is a defect of the server', (value) => {
    expect(readAnswer(value)).toMatchObject({ ok: false, code: 'internal' })
  })

  test('without a network it says so, and logging out goes on', async () => {
    const api = createApi('http://localhost/', () => Promise.reject(new TypeError('failed to fetch')))
    expect(await api.login('a', 'b')).toMatchObject({ ok: false, code: 'unreachable' })
    await expect(api.logout(undefined)).resolves.toBeUndefined()
  })

  test('requests keep the path the server is reached under', async () => {
    const asked: string[] = []
    const api = createApi('https://shop.example/help/', (input, init) => {
      asked.push(
        `${init?.method ?? ''} ${input instanceof URL ? input.href : ''} ${new Headers(init?.headers).get('authorization') ?? '-'}`,
      )
      return Promise.resolve(new Response('{}'))
    })
    await api.changePassword('t', 'old', 'new')
    expect(asked).toEqual(['POST https://shop.example/help/api/v1/password Bearer t'])
  })
})
