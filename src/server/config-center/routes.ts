import { KfError } from '../../core/errors.ts'
import { maxConfigBytes, readPutConfig, readRevision, readRollback } from './body.ts'
import type { ConfigCenter } from './center.ts'
import { failure } from './error.ts'
import { say } from './sentences.ts'
import { etagOf } from './wire.ts'

/** A request below /admin/config, whoever carried it. */
export type ConfigRequest = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly ifMatch: string | undefined
  /** Reads and parses the body, up to so many bytes; an empty one is undefined. */
  readonly json: (maxBytes: number) => Promise<unknown>
}

export type ConfigResponse =
  | { readonly body: unknown; readonly etag?: string }
  /** The path knows other methods. */
  | { readonly allowed: string }

const historyLimit = { otherwise: 50, max: 500 } as const

/** Answers one; undefined for a path that is none of these. Throws `KfError`. */
export async function answerConfig(
  request: ConfigRequest,
  center: ConfigCenter,
): Promise<ConfigResponse | undefined> {
  const [, action, number, ...rest] = request.path.slice('/admin/'.length).split('/')
  if (rest.length > 0) return undefined
  if (action === undefined) return await answerLive(request, center)
  if (number === undefined) {
    return await answerRead(action, request, center)
  }
  const revision = (): number => readRevision(number)
  switch (action) {
    case 'revisions':
      if (request.method !== 'GET') return { allowed: 'GET' }
      return { body: await center.revision(revision()) }
    case 'confirm': {
      if (request.method !== 'POST') return { allowed: 'POST' }
      const { who } = readRollback((await request.json(maxConfigBytes)) ?? {})
      const body = await center.confirm(revision(), who ?? nobody)
      return { body, etag: body.etag }
    }
    case 'rollback':
      if (request.method !== 'POST') return { allowed: 'POST' }
      return await rollBack(request, center, revision())
    default:
      return undefined
  }
}

async function answerRead(
  action: string,
  { method, query }: ConfigRequest,
  center: ConfigCenter,
): Promise<ConfigResponse | undefined> {
  if (action !== 'history' && action !== 'effective' && action !== 'health') return undefined
  if (method !== 'GET') return { allowed: 'GET' }
  if (action === 'history') return { body: await center.history(limitOf(query), beforeOf(query)) }
  return { body: action === 'effective' ? await center.effective() : center.health() }
}

/** Who shows the token and no name. */
const nobody = 'admin'

async function answerLive(request: ConfigRequest, center: ConfigCenter): Promise<ConfigResponse> {
  if (request.method === 'GET') {
    const body = await center.show()
    return { body, etag: etagOf(body.live.revision, body.live.hash) }
  }
  if (request.method !== 'PUT') return { allowed: 'GET, PUT' }
  const {
    files,
    message = '',
    who = nobody,
    confirm_within_ms,
  } = readPutConfig((await request.json(maxConfigBytes)) ?? {})
  if (isSet(request.query.get('dry_run'))) {
    const body = await center.dryRun(files, request.ifMatch)
    return { body, etag: body.etag }
  }
  if (request.ifMatch === undefined) {
    throw new KfError('precondition_required', 'a change must name the revision it was made from', {
      hint: 'send If-Match with the ETag of GET /admin/config, or If-Match: * to overwrite whatever is live',
    })
  }
  const body = await center.apply({
    files,
    message,
    who,
    action: 'apply',
    confirmWithinMs: confirm_within_ms,
    ifMatch: request.ifMatch,
    forced: false,
  })
  return { body, etag: body.etag }
}

async function rollBack(
  request: ConfigRequest,
  center: ConfigCenter,
  revision: number,
): Promise<ConfigResponse> {
  const {
    message,
    who = nobody,
    confirm_within_ms,
  } = readRollback((await request.json(maxConfigBytes)) ?? {})
  const body = await center.rollBack(revision, {
    message: message ?? say('back_to', { revision }),
    who,
    confirmWithinMs: confirm_within_ms,
    ifMatch: request.ifMatch,
  })
  return { body, etag: body.etag }
}

function isSet(value: string | null): boolean {
  return value === '1' || value === 'true'
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit')
  if (text === null) return historyLimit.otherwise
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= historyLimit.max) return limit
  const given = JSON.stringify(text.slice(0, 80))
  throw failure('bad_request', 'limit_bounds', { given, min: 1, max: historyLimit.max }, 'whole_number')
}

function beforeOf(query: URLSearchParams): number | undefined {
  const text = query.get('before')
  return text === null ? undefined : readRevision(text)
}
