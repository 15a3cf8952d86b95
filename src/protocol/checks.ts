import type { ErrorCode } from './codes.ts'

/** A JSON object whose fields have not been checked. Fresh from `JSON.parse`, so a check may mend a string in place. */
export type Raw = { [field: string]: unknown }

/** Why a value is refused. `message` names the field, the value's fault and the bound. */
export type Refusal = {
  readonly ok: false
  readonly code: ErrorCode
  readonly message: string
  readonly id?: string
}

export function refuse(code: ErrorCode, message: string): Refusal {
  return { ok: false, code, message }
}

export function isObject(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Refuses a field that is not in `known`. This is also what keeps `__proto__`, `constructor` and `prototype` out:
 * `JSON.parse` makes them own fields, and no frame knows them.
 */
export function onlyFields(raw: Raw, known: ReadonlySet<string>, where: string): Refusal | undefined {
  for (const field in raw) {
    if (!known.has(field)) return refuse('bad_frame', `${where}: unknown field ${quote(field)}`)
  }
  return undefined
}

/** A non-empty string of at most `max` UTF-16 units; lone surrogates become U+FFFD in place. */
export function checkString(raw: Raw, field: string, where: string, max: number): Refusal | undefined {
  const value = raw[field]
  if (typeof value !== 'string') return wrongType(value, field, where, 'a string')
  if (value.length === 0) return refuse('bad_frame', `${where}: ${field} is empty`)
  if (value.length > max) return tooLong('bad_frame', value, field, where, max)
  if (!value.isWellFormed()) raw[field] = value.toWellFormed()
  return undefined
}

export function checkOptionalString(
  raw: Raw,
  field: string,
  where: string,
  max: number,
): Refusal | undefined {
  return raw[field] === undefined ? undefined : checkString(raw, field, where, max)
}

/** What people read: over-long is `too_large`, so that a client can say it to its user; blank is refused unless `mayBeBlank`. */
export function checkText(
  raw: Raw,
  field: string,
  where: string,
  max: number,
  mayBeBlank: boolean,
): Refusal | undefined {
  const value = raw[field]
  if (typeof value !== 'string') return wrongType(value, field, where, 'a string')
  if (value.length > max) return tooLong('too_large', value, field, where, max)
  if (!mayBeBlank && isBlank(value))
    return refuse('bad_frame', `${where}: ${field} is empty or only white space`)
  if (!value.isWellFormed()) raw[field] = value.toWellFormed()
  return undefined
}

/** A safe integer of at least `min`. */
export function checkInteger(raw: Raw, field: string, where: string, min: number): Refusal | undefined {
  const value = raw[field]
  if (typeof value !== 'number') return wrongType(value, field, where, 'an integer')
  if (!Number.isSafeInteger(value)) return refuse('bad_frame', `${where}: ${field} is not a safe integer`)
  if (value < min) return refuse('bad_frame', `${where}: ${field} is ${value}, must be at least ${min}`)
  return undefined
}

export function checkOptionalInteger(
  raw: Raw,
  field: string,
  where: string,
  min: number,
): Refusal | undefined {
  return raw[field] === undefined ? undefined : checkInteger(raw, field, where, min)
}

export function wrongType(value: unknown, field: string, where: string, wanted: string): Refusal {
  if (value === undefined) return refuse('bad_frame', `${where}: ${field} is missing`)
  return refuse('bad_frame', `${where}: ${field} must be ${wanted}`)
}

/** At most 40 characters of what a stranger wrote, as a JSON string. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}

// The first character settles it for nearly every message, without the copy that trim() makes.
function isBlank(text: string): boolean {
  return text.charCodeAt(0) > 32 && text.charCodeAt(0) < 128 ? false : text.trim() === ''
}

function tooLong(code: ErrorCode, value: string, field: string, where: string, max: number): Refusal {
  return refuse(code, `${where}: ${field} has ${value.length} characters, at most ${max} are allowed`)
}
