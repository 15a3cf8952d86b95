import {
  checkInteger,
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
import type { SentBody } from './frames.ts'
import { serverLimits, wireLimits } from './limits.ts'

const textFields: ReadonlySet<string> = new Set(['kind', 'text'])
const fileBodyFields: ReadonlySet<string> = new Set(['kind', 'file'])
const fileFields: ReadonlySet<string> = new Set(['id', 'name', 'type', 'size'])
const cardFields: ReadonlySet<string> = new Set(['kind', 'title', 'text', 'url', 'image'])
const webUrl = /^https?:\/\//i

/**
 * Checks what a client may send as a body, for the socket and for REST alike. Strict; `value` comes from `JSON.parse` and is
 * returned itself, lone surrogates in it replaced.
 */
export function decodeSentBody(value: unknown): { readonly ok: true; readonly body: SentBody } | Refusal {
  const refusal = checkSentBody(value)
  // Every field was checked just now; a copy would only cost.
  return refusal ?? { ok: true, body: value as SentBody }
}

/** The refusal of a body, or undefined when it is a `SentBody`. */
export function checkSentBody(value: unknown): Refusal | undefined {
  if (!isObject(value)) return wrongType(value, 'body', 'send', 'an object')
  const kind = value['kind']
  switch (kind) {
    case 'text':
      return (
        onlyFields(value, textFields, 'text body') ??
        checkText(value, 'text', 'text body', wireLimits.text_chars, false)
      )
    case 'file':
      return onlyFields(value, fileBodyFields, 'file body') ?? checkFile(value['file'])
    case 'card':
      return onlyFields(value, cardFields, 'card body') ?? checkCard(value)
    default:
      return typeof kind === 'string'
        ? refuse('bad_frame', `body: kind ${quote(kind)} is unknown; text, file and card can be sent`)
        : wrongType(kind, 'kind', 'body', 'a string')
  }
}

function checkFile(file: unknown): Refusal | undefined {
  if (!isObject(file)) return wrongType(file, 'file', 'file body', 'an object')
  return (
    onlyFields(file, fileFields, 'file') ??
    checkString(file, 'id', 'file', serverLimits.id_chars) ??
    checkString(file, 'name', 'file', serverLimits.name_chars) ??
    checkString(file, 'type', 'file', serverLimits.name_chars) ??
    checkInteger(file, 'size', 'file', 0)
  )
}

function checkCard(card: Raw): Refusal | undefined {
  return (
    checkString(card, 'title', 'card body', serverLimits.name_chars) ??
    (card['text'] === undefined
      ? undefined
      : checkText(card, 'text', 'card body', wireLimits.text_chars, true)) ??
    checkUrl(card, 'url') ??
    checkUrl(card, 'image')
  )
}

// A `javascript:` address must not reach a page that makes a link of it.
function checkUrl(card: Raw, field: string): Refusal | undefined {
  const refusal = checkOptionalString(card, field, 'card body', serverLimits.url_chars)
  if (refusal !== undefined) return refusal
  const value = card[field]
  if (typeof value === 'string' && !webUrl.test(value)) {
    return refuse('bad_frame', `card body: ${field} must begin with https:// or http://`)
  }
  return undefined
}
