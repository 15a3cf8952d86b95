import { KfError } from '../../core/errors.ts'
import type { ConfigCenter } from '../config-center/center.ts'
import { ConfigError } from '../config-center/error.ts'
import { answerConfig } from '../config-center/routes.ts'
import { readAddAgent, readBench } from '../people/args.ts'
import type { AdminCall } from '../people/calls.ts'
import { type Caller, hostAllowed, tokenShown } from './access.ts'
import { formatMetrics, metricsType, type Source } from './metrics.ts'
import { stagesAnswer } from './stages.ts'

/** What the listener needs of the node it speaks for. */
export type AdminNode = {
  /** Empty when the node is ready. */
  readonly notReady: () => readonly string[]
  /** The files on the disk are not what is in effect; told by readiness, which stands. */
  readonly drift: () => ConfigCenter['drift']
  readonly sources: () => readonly Source[]
  /** Carried out by the writer; rejects with a `KfError`. */
  readonly call: (call: AdminCall) => Promise<unknown>
}

export type AdminRequest = {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly caller: Caller
  readonly ifMatch?: string | undefined
  /** Reads and parses the body, an empty one is undefined; rejects with `bad_request` or `too_large`. 64 KiB when absent. */
  readonly json: (maxBytes?: number) => Promise<unknown>
}

export type AdminAnswer = {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly etag?: string
}

export type AdminAccess = { readonly token: string; readonly host: string }

/** Decides and answers one request. Never rejects: an error is its answer. */
export async function answerAdmin(
  request: AdminRequest,
  node: AdminNode,
  access: AdminAccess,
  center?: ConfigCenter,
): Promise<AdminAnswer> {
  if (!hostAllowed(request.caller, access.host)) {
    return failure(
      403,
      'forbidden',
      'the Host header names neither an address nor this listener',
      'use the address itself',
    )
  }
  const open = openRoutes.get(request.path)
  if (open !== undefined) {
    return request.method === 'GET' || request.method === 'HEAD' ? open(node) : wrongMethod('GET')
  }
  if (!tokenShown(request.caller, access.token)) {
    return failure(
      401,
      'unauthenticated',
      'administration over TCP needs the token',
      'send Authorization: Bearer with the content of admin.token in the data folder, or use the socket admin.sock there',
    )
  }
  try {
    if (request.path === '/admin/stages') {
      return request.method === 'GET' ? json(200, stagesAnswer(node.sources())) : wrongMethod('GET')
    }
    if (center !== undefined && /^\/admin\/config(\/|$)/.test(request.path)) {
      return await configured(request, center)
    }
    const call = await callOf(request)
    if ('status' in call) return call
    return json(call.call === 'agents.add' ? 201 : 200, await node.call(call))
  } catch (error) {
    if (!(error instanceof KfError)) throw error
    return failed(error)
  }
}

async function configured(request: AdminRequest, center: ConfigCenter): Promise<AdminAnswer> {
  const answer = await answerConfig({ ...request, ifMatch: request.ifMatch }, center)
  if (answer === undefined) return unknownPath(request.path)
  if ('allowed' in answer) return wrongMethod(answer.allowed)
  return { ...json(200, answer.body), ...(answer.etag === undefined ? {} : { etag: answer.etag }) }
}

const openRoutes = new Map<string, (node: AdminNode) => AdminAnswer>([
  ['/healthz', () => json(200, { status: 'alive' })],
  [
    '/readyz',
    (node) => {
      const reasons = node.notReady()
      const drift = node.drift()
      return json(reasons.length === 0 ? 200 : 503, {
        ready: reasons.length === 0,
        reasons,
        ...(drift === null ? {} : { config_drift: drift }),
      })
    },
  ],
  ['/metrics', (node) => ({ status: 200, type: metricsType, body: formatMetrics(node.sources()) })],
])

async function callOf(request: AdminRequest): Promise<AdminCall | AdminAnswer> {
  const { method, path, query } = request
  if (path === '/admin/agents') {
    if (method === 'GET') {
      const site = query.get('site')
      return { call: 'agents.list', args: site === null ? {} : { site } }
    }
    if (method === 'POST') return { call: 'agents.add', args: readAddAgent(await request.json()) }
    return wrongMethod('GET, POST')
  }
  const login = /^\/admin\/agents\/([^/]+)\/reset-password$/.exec(path)?.[1]
  if (login !== undefined) {
    if (method !== 'POST') return wrongMethod('POST')
    return { call: 'agents.reset_password', args: { login: decode(login) } }
  }
  if (path === '/admin/bench') {
    if (method !== 'POST') return wrongMethod('POST')
    return { call: 'bench', args: readBench(await request.json()) }
  }
  if (path === '/admin/bench/clean') {
    return method === 'POST' ? { call: 'bench.clean', args: {} } : wrongMethod('POST')
  }
  return unknownPath(path)
}

function unknownPath(path: string): AdminAnswer {
  return failure(404, 'not_found', `there is no ${path}`, 'docs/operations.md lists the paths')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    throw new KfError('bad_request', 'the path is not percent-encoded UTF-8', { cause: error })
  }
}

function statusOf(code: string): number {
  switch (code) {
    case 'bad_request':
      return 400
    case 'not_found':
      return 404
    case 'login_taken':
      return 409
    case 'too_large':
      return 413
    case 'precondition_required':
      return 428
    case 'not_prepared':
    case 'unavailable':
    case 'busy':
      return 503
    default:
      return 500
  }
}

function failed(error: KfError): AdminAnswer {
  const { code, message, hint, params } = error
  const isCentres = error instanceof ConfigError
  return json(isCentres ? error.status : statusOf(code), {
    error: {
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...('says' in params ? { params } : {}),
      ...(isCentres ? error.details : {}),
    },
  })
}

function wrongMethod(allowed: string): AdminAnswer {
  return failure(405, 'bad_request', 'the path does not know this method', `it knows ${allowed}`)
}

function failure(status: number, code: string, message: string, hint?: string): AdminAnswer {
  return json(status, { error: { code, message, ...(hint === undefined ? {} : { hint }) } })
}

function json(status: number, body: unknown): AdminAnswer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(body)}\n` }
}
