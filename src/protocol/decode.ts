import { isUuidv7 } from '../core/ids.ts'
import {
  checkInteger,
  checkOptionalInteger,
  checkOptionalString,
  checkString,
  checkText,
  isObject,
  onlyFields,
  quote,
  type Raw,
  type Refusal,
  refuse,
  wrongType,
} from './checks.ts'
import { checkSentBody } from './decode-body.ts'
import type { ClientFrame } from './frames.ts'
import { serverLimits, wireLimits } from './limits.ts'

export { decodeSentBody } from './decode-body.ts'

export type Decoded = { readonly ok: true; readonly frame: ClientFrame } | Refusal

const conversationPattern = /^[a-z2-7]{16}$/

/** True for what a conversation's id looks like; whether it exists is another question. */
export function isConversationId(text: string): boolean {
  return conversationPattern.test(text)
}

/**
 * One text frame from a client, checked strictly: the hot path, every message of every socket passes here.
 *
 * Nesting needs no scan: V8's JSON.parse is iterative (a frame of 65,536 brackets parses without recursion; a test holds it),
 * and no frame has a free-form value, so whatever is deeper than a frame's own shape is refused by its type. Of duplicate
 * keys the last counts, as in JSON.parse. A refusal carries the client's `id` when one could be read.
 */
export function decodeClientFrame(text: string): Decoded {
  if (text.length > wireLimits.frame_bytes) {
    return refuse(
      'too_large',
      `frame has ${text.length} characters, at most ${wireLimits.frame_bytes} bytes are allowed`,
    )
  }
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    return refuse('bad_frame', 'frame is not JSON')
  }
  if (!isObject(raw)) return refuse('bad_frame', 'frame must be a JSON object')
  const refusal = checkFrame(raw)
  // Every field was checked just now; a copy would only cost.
  if (refusal === undefined) return { ok: true, frame: raw as ClientFrame }
  const id = raw['id']
  return typeof id === 'string' && id.length <= serverLimits.id_chars
    ? { ...refusal, id: id.toWellFormed() }
    : refusal
}

function checkFrame(raw: Raw): Refusal | undefined {
  const type = raw['type']
  switch (type) {
    case 'send':
      return onlyFields(raw, sendFields, type) ?? checkSend(raw)
    case 'ping':
      return onlyFields(raw, pingFields, type)
    case 'typing':
      return onlyFields(raw, typingFields, type) ?? checkTyping(raw)
    case 'read':
      return (
        onlyFields(raw, readFields, type) ?? checkConversation(raw, type) ?? checkInteger(raw, 'seq', type, 1)
      )
    case 'history':
      return onlyFields(raw, historyFields, type) ?? checkHistory(raw)
    case 'hello':
      return onlyFields(raw, helloFields, type) ?? checkHello(raw)
    case 'conversations':
      return onlyFields(raw, moreFields, type) ?? checkString(raw, 'next', type, serverLimits.name_chars)
    case 'accept':
    case 'release':
    case 'close':
      return onlyFields(raw, commandFields, type) ?? checkCommand(raw, type)
    case 'transfer':
      return (
        onlyFields(raw, transferFields, type) ??
        checkCommand(raw, type) ??
        checkString(raw, 'to', type, serverLimits.id_chars)
      )
    case 'retract':
      return (
        onlyFields(raw, retractFields, type) ?? checkCommand(raw, type) ?? checkInteger(raw, 'seq', type, 1)
      )
    case 'status':
      return onlyFields(raw, statusFields, type) ?? checkStatus(raw)
    default:
      return typeof type === 'string'
        ? refuse('bad_frame', `frame: type ${quote(type)} is unknown`)
        : wrongType(type, 'type', 'frame', 'a string')
  }
}

const sendFields: ReadonlySet<string> = new Set(['type', 'id', 'conversation', 'stream', 'body', 'epoch'])
const pingFields: ReadonlySet<string> = new Set(['type'])
const typingFields: ReadonlySet<string> = new Set(['type', 'conversation', 'preview'])
const readFields: ReadonlySet<string> = new Set(['type', 'conversation', 'seq'])
const historyFields: ReadonlySet<string> = new Set([
  'type',
  'conversation',
  'stream',
  'before',
  'after',
  'limit',
])
const helloFields: ReadonlySet<string> = new Set(['type', 'token', 'site', 'resume', 'page_url', 'locale'])
const resumeFields: ReadonlySet<string> = new Set(['incarnation', 'streams'])
const resumeStreamFields: ReadonlySet<string> = new Set(['conversation', 'stream', 'after'])
const moreFields: ReadonlySet<string> = new Set(['type', 'next'])
const commandFields: ReadonlySet<string> = new Set(['type', 'id', 'conversation', 'epoch'])
const transferFields: ReadonlySet<string> = new Set(['type', 'id', 'conversation', 'epoch', 'to'])
const retractFields: ReadonlySet<string> = new Set(['type', 'id', 'conversation', 'epoch', 'seq'])
const statusFields: ReadonlySet<string> = new Set(['type', 'status'])

function checkSend(raw: Raw): Refusal | undefined {
  return (
    checkId(raw, 'send') ??
    (raw['conversation'] === undefined ? undefined : checkConversation(raw, 'send')) ??
    (raw['stream'] === undefined ? undefined : checkStream(raw, 'send')) ??
    checkOptionalInteger(raw, 'epoch', 'send', 0) ??
    checkSentBody(raw['body'])
  )
}

function checkTyping(raw: Raw): Refusal | undefined {
  return (
    (raw['conversation'] === undefined ? undefined : checkConversation(raw, 'typing')) ??
    (raw['preview'] === undefined
      ? undefined
      : checkText(raw, 'preview', 'typing', wireLimits.preview_chars, true))
  )
}

function checkHistory(raw: Raw): Refusal | undefined {
  const refusal =
    checkConversation(raw, 'history') ??
    (raw['stream'] === undefined ? undefined : checkStream(raw, 'history')) ??
    checkOptionalInteger(raw, 'before', 'history', 1) ??
    checkOptionalInteger(raw, 'after', 'history', 0) ??
    checkInteger(raw, 'limit', 'history', 1)
  if (refusal !== undefined) return refusal
  if ((raw['before'] === undefined) === (raw['after'] === undefined)) {
    return refuse('bad_frame', 'history: exactly one of before and after must be given')
  }
  const limit = raw['limit']
  if (typeof limit === 'number' && limit > wireLimits.page_messages) {
    return refuse('too_large', `history: limit is ${limit}, at most ${wireLimits.page_messages} are allowed`)
  }
  return undefined
}

function checkHello(raw: Raw): Refusal | undefined {
  return (
    checkOptionalString(raw, 'token', 'hello', serverLimits.token_chars) ??
    checkOptionalString(raw, 'site', 'hello', serverLimits.id_chars) ??
    checkOptionalString(raw, 'page_url', 'hello', serverLimits.url_chars) ??
    checkOptionalString(raw, 'locale', 'hello', serverLimits.locale_chars) ??
    (raw['resume'] === undefined ? undefined : checkResume(raw['resume']))
  )
}

function checkResume(resume: unknown): Refusal | undefined {
  if (!isObject(resume)) return wrongType(resume, 'resume', 'hello', 'an object')
  const refusal =
    onlyFields(resume, resumeFields, 'hello resume') ??
    checkString(resume, 'incarnation', 'hello resume', serverLimits.id_chars)
  if (refusal !== undefined) return refusal
  const streams = resume['streams']
  if (!Array.isArray(streams)) return wrongType(streams, 'streams', 'hello resume', 'an array')
  if (streams.length > serverLimits.resume_streams) {
    return refuse(
      'bad_frame',
      `hello resume: ${streams.length} streams, at most ${serverLimits.resume_streams} are allowed`,
    )
  }
  for (const stream of streams) {
    if (!isObject(stream)) return refuse('bad_frame', 'hello resume: each of streams must be an object')
    const wrong =
      onlyFields(stream, resumeStreamFields, 'hello resume') ??
      checkConversation(stream, 'hello resume') ??
      checkStream(stream, 'hello resume') ??
      checkInteger(stream, 'after', 'hello resume', 0)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function checkCommand(raw: Raw, where: string): Refusal | undefined {
  return checkId(raw, where) ?? checkConversation(raw, where) ?? checkInteger(raw, 'epoch', where, 0)
}

function checkStatus(raw: Raw): Refusal | undefined {
  const status = raw['status']
  if (status === 'online' || status === 'away' || status === 'offline') return undefined
  return wrongType(status, 'status', 'status', 'online, away or offline')
}

function checkId(raw: Raw, where: string): Refusal | undefined {
  const id = raw['id']
  if (typeof id === 'string' && isUuidv7(id)) return undefined
  return wrongType(id, 'id', where, 'a UUIDv7 in lower case with hyphens')
}

function checkConversation(raw: Raw, where: string): Refusal | undefined {
  const conversation = raw['conversation']
  if (typeof conversation === 'string' && conversationPattern.test(conversation)) return undefined
  return wrongType(conversation, 'conversation', where, 'a conversation id, 16 characters of a-z and 2-7')
}

function checkStream(raw: Raw, where: string): Refusal | undefined {
  const stream = raw['stream']
  if (stream === 'public' || stream === 'internal') return undefined
  return wrongType(stream, 'stream', where, 'public or internal')
}
