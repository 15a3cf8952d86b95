import { isObject, onlyFields, type Raw, wrongType } from '../../protocol/checks.ts'
import { decodeClientFrame } from '../../protocol/decode.ts'
import type { ClientFrame } from '../../protocol/frames.ts'
import { refusal, refusalOf } from './errors.ts'

/** Bytes of a request's body; the same bound as for a frame. */
export const bodyBytes = 65_536

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A JSON body, UTF-8; empty is undefined. `done` gets `bad_frame`. What is in it is checked by its reader, field by field. */
export function parseBody(bytes: Buffer, done: (error: Error | null, body?: unknown) => void): void {
  let body: unknown
  try {
    if (bytes.length > 0) body = JSON.parse(utf8.decode(bytes))
  } catch {
    done(refusal('bad_frame', 'the body is not JSON in UTF-8'))
    return
  }
  done(null, body)
}

/**
 * The body as an object with no fields but `known`. Throws `bad_frame`.
 * NOTE: this is what refuses `__proto__` and `constructor`; read every body through here or through `frameOf`.
 */
export function bodyFields(body: unknown, known: ReadonlySet<string>): Raw {
  if (!isObject(body)) throw refusal('bad_frame', 'body: must be a JSON object')
  const refused = onlyFields(body, known, 'body')
  if (refused !== undefined) throw refusalOf(refused)
  return body
}

/** A string field of 1 to `max` characters, never shown in the error. Throws `bad_frame`. */
export function textField(fields: Raw, field: string, max: number): string {
  const value = fields[field]
  if (typeof value !== 'string') throw refusalOf(wrongType(value, field, 'body', 'a string'))
  if (value.length === 0 || value.length > max) {
    throw refusal('bad_frame', `body: ${field} has ${value.length} characters; 1 to ${max} are allowed`)
  }
  return value
}

/**
 * The frame a request stands for, checked by the very decoder of the socket: `given` are the fields that the path says, which
 * the body may not name again. Throws `bad_frame` or `too_large`.
 */
export function frameOf<Type extends ClientFrame['type']>(
  type: Type,
  given: Readonly<Record<string, unknown>>,
  body: unknown,
): Extract<ClientFrame, { readonly type: Type }> {
  if (!isObject(body)) throw refusal('bad_frame', 'body: must be a JSON object')
  for (const field of ['type', ...Object.keys(given)]) {
    if (Object.hasOwn(body, field)) throw refusal('bad_frame', `body: ${field} stands in the path already`)
  }
  const decoded = decodeClientFrame(JSON.stringify({ ...body, ...given, type }))
  if (!decoded.ok) throw refusalOf(decoded)
  if (!isOfType(decoded.frame, type)) throw refusal('bad_frame', `body: is no ${type}`)
  return decoded.frame
}

function isOfType<Type extends ClientFrame['type']>(
  frame: ClientFrame,
  type: Type,
): frame is Extract<ClientFrame, { readonly type: Type }> {
  return frame.type === type
}
