import { KfError, messageOf } from '../../core/errors.ts'
import type { Refusal } from '../../protocol/checks.ts'
import { type ErrorCode, errorCodes, isErrorCode } from '../../protocol/codes.ts'
import type { Answer } from '../bus/wire.ts'
import type { ApiLog } from './ports.ts'

/** Every answer that is not 2xx has this body, whatever went wrong. */
export type ErrorBody = {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly retry_after_ms?: number }
}

export type ErrorReply = { readonly status: number; readonly body: ErrorBody }

/** How long a client waits before it tries again when the writer or a queue says no, ms. */
export const retryAfterMs = 1_000

/** An error for the client; the HTTP status follows from the code. */
export function refusal(code: ErrorCode, message: string, waitMs?: number): KfError {
  return new KfError(code, message, waitMs === undefined ? {} : { retryAfterMs: waitMs })
}

export function refusalOf(refused: Refusal): KfError {
  return refusal(refused.code, refused.message)
}

/** The error of an answer that is none of the good ones; undefined for those. */
export function refusalOfAnswer(answer: Answer): KfError | undefined {
  if (answer.status === 'rejected') return refusal(answer.code, answer.message)
  if (answer.status !== 'failed') return undefined
  if (answer.code === 'rate_limited') return refusal(answer.code, answer.message, answer.retryAfterMs)
  return refusal(answer.code, answer.message, answer.code === 'internal' ? undefined : retryAfterMs)
}

/** Throws `rate_limited` where there is something to wait for; `what` is too many. */
export function demand(waitMs: number, what: string): void {
  if (waitMs > 0) throw refusal('rate_limited', `too many ${what}; wait a little`, waitMs)
}

/** What a port rejected with: its own word where it is one for clients, else that the store does not answer. */
export function unavailable(cause: unknown): KfError {
  if (cause instanceof KfError && isErrorCode(cause.code)) {
    return refusal(cause.code, cause.message, cause.retryAfterMs ?? retryAfterMs)
  }
  return new KfError('unavailable', 'the store does not answer; nothing is known about this request', {
    cause,
    retryAfterMs,
  })
}

/** What to answer to anything thrown. The unknown is logged whole and told as `internal`. */
export function replyTo(thrown: unknown, log: ApiLog): ErrorReply {
  if (thrown instanceof KfError && isErrorCode(thrown.code)) {
    if (thrown.code === 'internal' || thrown.cause !== undefined) logged(thrown, log)
    return reply(thrown.code, thrown.message, errorCodes[thrown.code].status, thrown.retryAfterMs)
  }
  const status = statusOf(thrown)
  if (status === 413) return reply('too_large', 'the body is larger than 65536 bytes', 413)
  if (status === 415) return reply('bad_frame', 'the body must be application/json', 415)
  if (status !== undefined && status >= 400 && status < 500) {
    return reply('bad_frame', messageOf(thrown), status)
  }
  logged(thrown, log)
  return reply('internal', 'something is wrong here; the server logged it', 500)
}

export function reply(code: ErrorCode, message: string, status: number, waitMs?: number): ErrorReply {
  return {
    status,
    body: { error: { code, message, ...(waitMs === undefined ? {} : { retry_after_ms: waitMs }) } },
  }
}

function logged(thrown: unknown, log: ApiLog): void {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  log.error(
    {
      error: messageOf(thrown),
      ...(cause === undefined ? {} : { cause: messageOf(cause) }),
      ...(thrown instanceof Error ? { stack: thrown.stack } : {}),
    },
    'request failed',
  )
}

// Errors of fastify carry the status they mean.
function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('statusCode' in thrown)) return undefined
  return typeof thrown.statusCode === 'number' ? thrown.statusCode : undefined
}
