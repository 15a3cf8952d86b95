import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type AdminNode, answerAdmin } from '../admin/routes.ts'
import { CenterInTest, saying } from './center-in-test.ts'

let world: CenterInTest
beforeEach(async () => {
  world = await CenterInTest.start()
})
afterEach(() => world.end())

const node: AdminNode = {
  notReady: () => [],
  drift: () => null,
  sources: () => [],
  call: () => Promise.reject(new Error('not for the writer')),
}

type Sent = { readonly body?: unknown; readonly ifMatch?: string }

async function ask(method: string, target: string, { body, ifMatch }: Sent = {}) {
  const url = new URL(target, 'http://x')
  const answer = await answerAdmin(
    {
      method,
      path: url.pathname,
      query: url.searchParams,
      caller: { via: 'socket' },
      ifMatch,
      json: () => Promise.resolve(body),
    },
    node,
    { token: 't', host: '127.0.0.1' },
    world.center,
  )
  return { status: answer.status, etag: answer.etag, body: JSON.parse(answer.body) as unknown }
}

const put = (text: string, sent: { readonly ifMatch?: string; readonly query?: string } = {}) =>
  ask('PUT', `/admin/config${sent.query ?? ''}`, {
    body: { files: saying(text), who: 'ann', message: '为什么' },
    ...(sent.ifMatch === undefined ? {} : { ifMatch: sent.ifMatch }),
  })

describe('/admin/config', () => {
  test('shows what is live, with an ETag of revision and hash', async () => {
    const { status, etag, body } = await ask('GET', '/admin/config')
    expect(status).toBe(200)
    expect(etag).toMatch(/^"1-[0-9a-f]{64}"$/)
    expect(body).toMatchObject({
      live: { revision: 1, live: true },
      files: saying('one'),
      unconfirmed: null,
      drift: null,
      pending_restart: [],
    })
  })

  test('takes a change made from what is live, and refuses the next one made from the same', async () => {
    const { etag = '' } = await ask('GET', '/admin/config')
    const first = await put('two', { ifMatch: etag })
    expect(first).toMatchObject({
      status: 200,
      body: {
        revision: { revision: 2, who: 'ann', message: '为什么' },
        plan: { disconnects: 0, sockets: 7 },
      },
    })
    expect(await put('three', { ifMatch: etag })).toMatchObject({
      status: 412,
      body: {
        error: {
          code: 'revision_conflict',
          message: 'revision 2 is live, not the one this change was made from',
          live: 2,
          etag: first.etag,
        },
      },
    })
  })

  test('shows with effective what every process holds, by its own word', async () => {
    const answer = await ask('GET', '/admin/config/effective')
    const { hash } = answer.body as { readonly hash: string }
    expect(answer).toMatchObject({
      status: 200,
      body: {
        revision: 1,
        processes: [
          { name: 'writer', revision: 1, hash },
          { name: 'worker 0', revision: 1, hash },
          { name: 'worker 1', revision: 1, hash },
        ],
      },
    })
    const [worker] = world.workers
    if (worker === undefined) throw new Error('no worker')
    worker.after = (call) => {
      if (call.step === 'in_effect') throw new Error('late')
    }
    expect((await ask('GET', '/admin/config/effective')).body).toMatchObject({
      processes: [{ hash }, { name: 'worker 0', failed: 'late' }, { hash }],
    })
    expect((await ask('PUT', '/admin/config/effective')).status).toBe(405)
    expect((await ask('GET', '/admin/config/effects')).status).toBe(404)
  })

  test('tells how the node does, before any change and after one', async () => {
    const health = () => ask('GET', '/admin/config/health')
    expect((await health()).body).toMatchObject({ revision: 1, ready: true, before: null, settled: false })
    world.clock.advance(1_500)
    expect((await health()).body).toMatchObject({ after: { ms: 1_500, p99_ms: null }, settled: true })
    world.health = { ...world.health, notReady: ['worker 0: waiting'] }
    expect((await health()).body).toMatchObject({ ready: false, reasons: ['worker 0: waiting'] })
  })

  test('tells with an error which sentences it is, for a translation', async () => {
    expect(await ask('POST', '/admin/config/confirm/9')).toMatchObject({
      status: 409,
      body: {
        error: {
          code: 'revision_conflict',
          message: 'revision 9 is not live, 1 is',
          params: { says: 'not_live', fix: 'see_diff', revision: 9, live: 1 },
          live: 1,
        },
      },
    })
  })

  test('does not take a change that names no revision', async () => {
    expect(await put('two')).toMatchObject({
      status: 428,
      body: { error: { code: 'precondition_required' } },
    })
    expect((await put('two', { ifMatch: '*' })).status).toBe(200)
  })

  test('tells with dry_run what would change, and records nothing', async () => {
    expect(await put('two', { query: '?dry_run=1' })).toMatchObject({ status: 200, body: { live: 1 } })
    expect((await put('invalid', { query: '?dry_run=1' })).status).toBe(422)
    expect(await ask('GET', '/admin/config/history')).toMatchObject({
      body: { live: 1, revisions: [{ revision: 1 }], audit: [{ action: 'start' }] },
    })
  })

  test('answers invalid files with every problem', async () => {
    expect(await put('invalid', { ifMatch: '*' })).toMatchObject({
      status: 422,
      body: { error: { code: 'bad_config', problems: [{ file: 'server.toml', line: 1, key: 'text' }] } },
    })
  })

  test('says 503 when a process does not prepare', async () => {
    world.writer.before = (call) => {
      if (call.step === 'prepare') throw new Error('no room')
    }
    expect(await put('two', { ifMatch: '*' })).toMatchObject({
      status: 503,
      body: { error: { code: 'not_prepared', message: 'nobody changed: no room' } },
    })
  })

  test.each([
    [[], 'the body is not an object'],
    [{ files: [] }, 'files is not an object'],
    [{ files: { 'server.toml': 1 } }, 'files.server.toml is not a string'],
    [{ files: {}, who: 'kf' }, 'who is kf'],
    [{ files: {}, message: 'x'.repeat(1_001) }, 'message has 1001 characters'],
    [{ files: {}, confirm_within_ms: 999 }, 'confirm_within_ms is out of bounds'],
    [{ files: {}, confirm_within_ms: '60s' }, 'confirm_within_ms is out of bounds'],
    [{ file: {} }, 'file is no field of this request'],
  ])('refuses the body %j', async (body, message) => {
    expect(await ask('PUT', '/admin/config', { body, ifMatch: '*' })).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request', message } },
    })
  })
})

test('history, a revision, confirm and rollback have paths of their own', async () => {
  await ask('PUT', '/admin/config', {
    ifMatch: '*',
    body: { files: saying('two'), confirm_within_ms: 60_000 },
  })
  expect(await ask('POST', '/admin/config/confirm/2')).toMatchObject({
    status: 200,
    body: { revision: { revision: 2, who: 'admin', live: true } },
  })
  expect(await ask('POST', '/admin/config/confirm/1')).toMatchObject({ status: 409 })
  expect(await ask('POST', '/admin/config/rollback/1')).toMatchObject({
    status: 200,
    body: { revision: { revision: 3, message: 'back to revision 1' } },
  })
  expect(await ask('GET', '/admin/config/revisions/2')).toMatchObject({
    status: 200,
    body: { revision: { revision: 2, live: false }, files: saying('two') },
  })
  expect(await ask('GET', '/admin/config/history?limit=1&before=3')).toMatchObject({
    status: 200,
    body: { live: 3, revisions: [{ revision: 2 }], audit: [{ action: 'rollback', revision: 3, ok: true }] },
  })
})

test.each([
  ['GET', '/admin/config/revisions/9', 404],
  ['GET', '/admin/config/revisions/zero', 400],
  ['GET', '/admin/config/revisions/0', 400],
  ['GET', '/admin/config/history?limit=501', 400],
  ['POST', '/admin/config', 405],
  ['GET', '/admin/config/confirm/1', 405],
  ['GET', '/admin/config/nothing', 404],
  ['GET', '/admin/config/revisions/1/files', 404],
])('%s %s is answered %i', async (method, path, status) => {
  expect((await ask(method, path)).status).toBe(status)
})
