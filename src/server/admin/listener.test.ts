import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AdminListener, openAdminListener } from './listener.ts'
import type { AdminNode } from './routes.ts'

const node: AdminNode = {
  notReady: () => [],
  drift: () => null,
  sources: () => [],
  call: (call) => Promise.resolve({ called: call.call }),
}
const token = 'b'.repeat(43)

let root: string
let socket: string
let listener: AdminListener

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kf-admin-'))
  socket = join(root, 'admin.sock')
  listener = await openAdminListener(node, { address: { host: '127.0.0.1', port: 0 }, socket, token })
})
afterEach(async () => {
  await listener.close()
  await rm(root, { recursive: true, force: true })
})

type Sent = {
  readonly method?: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

function send(to: { readonly socketPath: string } | { readonly port: number }, sent: Sent) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  const outgoing = request({
    ...to,
    host: '127.0.0.1',
    method: sent.method ?? 'GET',
    path: sent.path,
    headers: sent.headers,
  })
  outgoing.on('error', reject)
  outgoing.on('response', (incoming) => {
    let body = ''
    incoming.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    incoming.on('end', () => {
      resolve({ status: incoming.statusCode ?? 0, body })
    })
  })
  outgoing.end(sent.body)
  return promise
}

describe('the listener of a node', () => {
  it('answers on its address and on a socket for its user only', async () => {
    expect((await stat(socket)).mode & 0o777).toBe(0o600)
    expect(await send({ port: listener.address.port }, { path: '/healthz' })).toEqual({
      status: 200,
      body: '{"status":"alive"}\n',
    })
    expect((await send({ socketPath: socket }, { path: '/admin/agents' })).body).toBe(
      '{"called":"agents.list"}\n',
    )
    expect((await send({ port: listener.address.port }, { path: '/admin/agents' })).status).toBe(401)
    const headers = { authorization: `Bearer ${token}` }
    expect(
      (await send({ port: listener.address.port }, { path: '/admin/agents?site=a', headers })).status,
    ).toBe(200)
  })

  it('refuses a body that is too long or no JSON, and goes on', async () => {
    const post = { method: 'POST', path: '/admin/agents' }
    expect((await send({ socketPath: socket }, { ...post, body: 'x'.repeat(70_000) })).status).toBe(413)
    expect((await send({ socketPath: socket }, { ...post, body: '{' })).status).toBe(400)
    expect((await send({ socketPath: socket }, { ...post, body: '{"login":"a"}' })).status).toBe(201)
  })

  it('replaces the socket that a killed node left behind', async () => {
    await listener.close()
    const stale = createServer().listen({ path: socket })
    await new Promise((resolve) => stale.once('listening', resolve))
    listener = await openAdminListener(node, { address: { host: '127.0.0.1', port: 0 }, socket, token })
    expect((await send({ socketPath: socket }, { path: '/healthz' })).status).toBe(200)
    await new Promise((resolve) => stale.close(resolve))
  })

  it('takes a taken address back with the error of the system', async () => {
    const taken = { address: listener.address, socket: join(root, 'other.sock'), token }
    await expect(openAdminListener(node, taken)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
