import { closeSync, constants, openSync } from 'node:fs'
import { request } from 'node:http'
import { join, resolve } from 'node:path'
import { codeOf, KfError } from '../core/errors.ts'
import { type AdminCall, administerOffline } from '../server/entry.ts'

/** Longest path a Unix socket may have, in bytes, its end mark not counted (sun_path of Linux: 108). */
const socketPathBytes = 107
const socketName = 'admin.sock'
const answerWithinMs = 15_000

/**
 * Carries out an administrative call on the node of a data folder: over its socket while it runs, else on the store itself.
 * Throws `folder_in_use` while a node starts or stops.
 */
export async function administer(folder: string, cwd: string, call: AdminCall): Promise<unknown> {
  const data = resolve(cwd, folder)
  try {
    return await withSocketOf(data, (path) => overSocket(path, routeOf(call)))
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED' && code !== 'ENOTSOCK') throw error
    return administerOffline(data, call)
  }
}

type Route = { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: unknown }

function routeOf(call: AdminCall): Route {
  switch (call.call) {
    case 'agents.list': {
      const { site } = call.args
      return {
        method: 'GET',
        path: `/admin/agents${site === undefined ? '' : `?site=${encodeURIComponent(site)}`}`,
      }
    }
    case 'agents.add':
      return { method: 'POST', path: '/admin/agents', body: call.args }
    case 'agents.reset_password':
      return { method: 'POST', path: `/admin/agents/${encodeURIComponent(call.args.login)}/reset-password` }
    case 'bench':
      return { method: 'POST', path: '/admin/bench', body: call.args }
    case 'bench.clean':
      return { method: 'POST', path: '/admin/bench/clean' }
    case 'bootstrap':
      throw new KfError('internal', 'bootstrap belongs to the start of a node')
  }
}

function overSocket(socketPath: string, route: Route): Promise<unknown> {
  const { promise, resolve: answered, reject } = Promise.withResolvers<unknown>()
  const body = route.body === undefined ? undefined : JSON.stringify(route.body)
  const outgoing = request({
    socketPath,
    method: route.method,
    path: route.path,
    headers: { host: 'localhost', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    timeout: answerWithinMs,
  })
  outgoing.on('timeout', () => {
    outgoing.destroy(new KfError('unavailable', `the node did not answer within ${answerWithinMs / 1000} s`))
  })
  outgoing.on('error', reject)
  outgoing.on('response', (incoming) => {
    let text = ''
    incoming.setEncoding('utf8')
    incoming.on('data', (chunk: string) => {
      text += chunk
    })
    incoming.on('error', reject)
    incoming.on('end', () => {
      try {
        answered(readAnswer(incoming.statusCode ?? 500, text))
      } catch (error) {
        reject(error)
      }
    })
  })
  outgoing.end(body)
  return promise
}

function readAnswer(status: number, text: string): unknown {
  const body = JSON.parse(text) as { readonly error?: { code: string; message: string; hint?: string } }
  if (status < 300) return body
  const { code, message, hint } = body.error ?? {
    code: 'unavailable',
    message: `the node answered ${status}`,
  }
  throw new KfError(code, message, hint === undefined ? {} : { hint })
}

/** Uses the socket of a data folder. A folder's descriptor stands for its path, however long that is (Linux). */
export function withSocketOf<T>(data: string, use: (socketPath: string) => Promise<T>): Promise<T> {
  const path = join(data, socketName)
  if (Buffer.byteLength(path) <= socketPathBytes) return use(path)
  const folder = openSync(data, constants.O_RDONLY)
  return use(`/proc/self/fd/${folder}/${socketName}`).finally(() => closeSync(folder))
}
