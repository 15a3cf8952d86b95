import { KfError } from '../../core/errors.ts'
import { failure } from './error.ts'
import type { PutConfigBody, RollbackBody } from './wire.ts'

/** Of a request's body: all files together, as JSON. */
export const maxConfigBytes = 4 * 1024 * 1024
export const confirmBounds = { minMs: 1_000, maxMs: 86_400_000 } as const
const messageLength = 1_000
const whoLength = 100

/** Throws `bad_request` naming the field, the value and the bound. */
export function readPutConfig(input: unknown): PutConfigBody {
  const body = objectOf(input, ['files', 'message', 'who', 'confirm_within_ms'])
  const { files } = body
  if (typeof files !== 'object' || files === null || Array.isArray(files))
    throw bad('files', 'is not an object', 'send {"files": {"server.toml": "its text"}}')
  for (const [name, text] of Object.entries(files)) {
    if (typeof text !== 'string') throw bad(`files.${name}`, 'is not a string', "send the file's text")
  }
  return { files: { ...files }, ...readAbout(body) }
}

/** As `readPutConfig`; no body is an empty one. */
export function readRollback(input: unknown): RollbackBody {
  return readAbout(objectOf(input, ['message', 'who', 'confirm_within_ms']))
}

/** Throws `bad_request`. */
export function readRevision(text: string): number {
  const revision = /^\d{1,15}$/.test(text) ? Number(text) : 0
  if (revision >= 1) return revision
  throw failure('bad_request', 'not_a_revision', { given: JSON.stringify(text.slice(0, 80)) }, 'history')
}

function readAbout(body: Readonly<Record<string, unknown>>): RollbackBody {
  const message = textOf(body, 'message', messageLength)
  const who = textOf(body, 'who', whoLength)
  if (who === 'kf') throw bad('who', 'is kf', 'name a person: kf writes its own revisions by that name')
  const within = body['confirm_within_ms']
  if (within !== undefined && !isWithin(within)) {
    const { minMs, maxMs } = confirmBounds
    throw bad('confirm_within_ms', 'is out of bounds', `send a whole number from ${minMs} to ${maxMs}`)
  }
  return {
    ...(message === undefined ? {} : { message }),
    ...(who === undefined ? {} : { who }),
    ...(within === undefined ? {} : { confirm_within_ms: within }),
  }
}

function isWithin(value: unknown): value is number {
  return (
    Number.isInteger(value) && Number(value) >= confirmBounds.minMs && Number(value) <= confirmBounds.maxMs
  )
}

function textOf(body: Readonly<Record<string, unknown>>, field: string, longest: number): string | undefined {
  const value = body[field]
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw bad(field, 'is not a string', 'send a text')
  if (value.length <= longest) return value
  throw failure('bad_request', 'too_long', { field, length: value.length, most: longest }, 'most')
}

function objectOf(input: unknown, fields: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new KfError('bad_request', 'the body is not an object', {
      hint: `its fields are ${fields.join(', ')}`,
    })
  const body: Readonly<Record<string, unknown>> = { ...input }
  const unknown = Object.keys(body).find((field) => !fields.includes(field))
  if (unknown !== undefined)
    throw bad(unknown, 'is no field of this request', `they are ${fields.join(', ')}`)
  return body
}

function bad(field: string, what: string, hint: string): KfError {
  return new KfError('bad_request', `${field} ${what}`, { hint })
}
