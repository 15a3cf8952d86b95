import type { ServerFrame } from './frames.ts'

/**
 * A server's frame as a client reads it, or undefined for what this client does not know: a later server may say more.
 * Unknown fields stay in the object, unread. Only what the client's state rests on is checked; the server is trusted, a
 * proxy that answers in its place is not.
 */
export function decodeServerFrame(text: string): ServerFrame | undefined {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(raw)) return undefined
  const type = raw['type']
  if (typeof type !== 'string') return undefined
  const sound = soundness[type]
  return sound?.(raw) === true ? (raw as ServerFrame) : undefined
}

type Raw = { readonly [field: string]: unknown }

// No prototype: a type such as `constructor` must find nothing.
const soundness: { readonly [type: string]: ((raw: Raw) => boolean) | undefined } = Object.assign(
  Object.create(null) as object,
  {
    message: (raw: Raw) => inStream(raw) && isCount(raw['seq']) && isMessage(raw),
    ack: (raw: Raw) => inStream(raw) && isCount(raw['seq']) && isText(raw['id']) && isNumber(raw['at']),
    error: (raw: Raw) => isText(raw['code']) && isText(raw['message']),
    page: (raw: Raw) => inStream(raw) && isCount(raw['head']) && isListOf(raw['messages'], isMessage),
    welcome: (raw: Raw) =>
      isText(raw['incarnation']) &&
      isRecord(raw['you']) &&
      isText(raw['you']['id']) &&
      isRecord(raw['limits']) &&
      isListOf(raw['conversations'], isSummary),
    conversations: (raw: Raw) => isListOf(raw['conversations'], isSummary),
    conversation: (raw: Raw) => isSummary(raw['conversation']),
    typing: (raw: Raw) => isText(raw['conversation']) && isSender(raw['from']),
    read: (raw: Raw) => isText(raw['conversation']) && isCount(raw['seq']) && isText(raw['role']),
    presence: (raw: Raw) => isRecord(raw['who']) && isText(raw['who']['id']) && isText(raw['presence']),
    queue: (raw: Raw) =>
      isCount(raw['waiting'])
        ? isListOf(raw['conversations'], isSummary)
        : isText(raw['conversation']) && isCount(raw['position']),
    reset: (raw: Raw) => isText(raw['conversation']),
    drain: (raw: Raw) => isNumber(raw['reconnect_after_ms']),
    pong: () => true,
    status: (raw: Raw) => isText(raw['status']),
  },
)

function inStream(raw: Raw): boolean {
  return isText(raw['conversation']) && (raw['stream'] === 'public' || raw['stream'] === 'internal')
}

function isMessage(value: unknown): boolean {
  return (
    isRecord(value) &&
    isCount(value['seq']) &&
    isText(value['id']) &&
    isSender(value['from']) &&
    isRecord(value['body']) &&
    isText(value['body']['kind']) &&
    isNumber(value['at'])
  )
}

function isSummary(value: unknown): boolean {
  return (
    isRecord(value) &&
    isText(value['id']) &&
    isCount(value['head']) &&
    isCount(value['epoch']) &&
    isText(value['state']) &&
    isRecord(value['read']) &&
    isCount(value['read']['visitor']) &&
    isCount(value['read']['agent'])
  )
}

function isSender(value: unknown): boolean {
  return isRecord(value) && isText(value['role']) && isText(value['id'])
}

function isListOf(value: unknown, holds: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every((item) => holds(item))
}

function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
