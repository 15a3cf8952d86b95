import { gunzipSync } from 'node:zlib'
import { beforeEach, expect, test } from 'vitest'
import { createFixture, type Fixture } from './fixture.ts'
import { jsonForScript } from './pages.ts'

let fixture: Fixture

beforeEach(async () => {
  fixture = await createFixture()
})

function get(url: string, headers: Record<string, string> = {}) {
  return fixture.api.app.inject({ url, headers: { host: 'chat.example:7000', ...headers } })
}

test('the demo stands at / and the agent page at /agent, each with its configuration and versioned assets', async () => {
  for (const [url, name] of [
    ['/', 'demo'],
    ['/demo', 'demo'],
    ['/agent', 'agent'],
  ] as const) {
    const { body, headers } = await get(url, { 'accept-language': 'zh' })
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['cache-control']).toBe('no-cache')
    expect(body).toContain('<html lang="zh-CN"')
    expect(body).toContain(
      '<script type="application/json" id="kf-config">{"site":"key-s1","base":"./","lang":"zh-CN"}</script>',
    )
    expect(body).toMatch(new RegExp(`src="assets/${name}\\.js\\?v=[\\w-]{16}"`))
  }
  expect((await get('/', { 'accept-language': 'en' })).body).toContain('"lang":"en"')
  expect((await get('/agent/')).headers['location']).toBe('../agent')
})

test('pages come with a policy that runs nothing but our own files', async () => {
  const { headers } = await get('/')
  expect(headers).toMatchObject({
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; " +
      "connect-src 'self' ws://chat.example:7000 wss://chat.example:7000; img-src 'self' data:; " +
      "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
  })
})

test('a Host header cannot bring a policy of its own along', async () => {
  const { headers } = await get('/', { host: "x; script-src 'unsafe-inline'" })
  expect(headers['content-security-policy']).toContain("connect-src 'self'; img-src")
})

test('configuration in a page cannot end its script', () => {
  expect(jsonForScript({ site: '</script><!--<script>\u2028' })).toBe(
    '{"site":"\\u003c/script>\\u003c!--\\u003cscript>\\u2028"}',
  )
})

test('an asset under its version never changes, without it is asked for again', async () => {
  const page = await get('/')
  const address = /assets\/demo\.js\?v=[\w-]+/.exec(page.body)?.[0] ?? ''
  const versioned = await get(`/${address}`)
  expect(versioned.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
  })
  const plain = await get('/assets/demo.js')
  expect(plain.headers['cache-control']).toBe('no-cache')
  expect(plain.body).toBe('console.log("demo")\n'.repeat(40))
  const etag = String(plain.headers['etag'])
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const again = await get('/assets/demo.js', { 'if-none-match': known })
    expect({ status: again.statusCode, body: again.body }).toEqual({ status: 304, body: '' })
  }
  expect((await get('/assets/demo.js', { 'if-none-match': '"other"' })).statusCode).toBe(200)
})

test('what shrinks is sent compressed to who takes it', async () => {
  const zipped = await get('/assets/demo.js', { 'accept-encoding': 'br, gzip' })
  expect(zipped.headers['content-encoding']).toBe('gzip')
  expect(gunzipSync(zipped.rawPayload).toString()).toBe('console.log("demo")\n'.repeat(40))
  const small = await get('/assets/demo.css', { 'accept-encoding': 'gzip' })
  expect(small.headers).not.toHaveProperty('content-encoding')
})

test('HEAD answers without a body', async () => {
  const response = await fixture.api.app.inject({ method: 'HEAD', url: '/' })
  expect(response.statusCode).toBe(200)
  expect(response.body).toBe('')
})

test('nothing outside the built pages is served', async () => {
  for (const url of [
    '/assets/notes.txt',
    '/assets/demo.html',
    '/assets/../demo.js',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/package.json',
    '/assets/....//package.json',
    '/assets/\\..\\package.json',
    '/assets/demo.js%00.css',
    '//etc/passwd',
    '/package.json',
    '/__proto__',
  ]) {
    const response = await get(url)
    expect(response.statusCode, url).toBe(404)
    expect(response.json()).toMatchObject({ error: { code: 'not_found' } })
  }
})

test('without built pages it says how to build them, and the API works', async () => {
  fixture = await createFixture({ webFolder: '/nonexistent/kf' })
  for (const url of ['/', '/agent']) {
    const response = await get(url)
    expect(response.statusCode).toBe(503)
    expect(response.body).toBe('The pages are not built. Run "npm run build", then start kf again.\n')
  }
  expect((await get('/api/v1/whoami')).statusCode).toBe(200)
})
