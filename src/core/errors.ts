/**
 * The one error of the program. `code` is stable and documented, `message` is for a person (what, where, value, bound),
 * `hint` says how to fix it, and `cause` stays private: it is logged, never sent.
 */
export class KfError extends Error {
  readonly code: string
  readonly hint: string | undefined
  readonly retryAfterMs: number | undefined
  /** The values in the message, for a translation of it. */
  readonly params: Readonly<Record<string, string | number>>

  constructor(code: string, message: string, details: KfErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'KfError'
    this.code = code
    this.hint = details.hint
    this.retryAfterMs = details.retryAfterMs
    this.params = details.params ?? {}
  }
}

export type KfErrorDetails = {
  readonly hint?: string
  readonly cause?: unknown
  readonly retryAfterMs?: number
  readonly params?: Readonly<Record<string, string | number>>
}

/** The message of anything thrown, for logs and one-line reports. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** The `code` of a system or driver error (`EADDRINUSE`, `ERR_SQLITE_ERROR` …), or undefined. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}
