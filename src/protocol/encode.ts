import type { Ack, Sender, ServerFrame, StreamName } from './frames.ts'
import { quoteText } from './quote.ts'

/**
 * Server frames as text, built once for however many sockets. The hot ones are put together by hand, since the body is JSON
 * already; a property test holds them equal to `JSON.stringify` of the typed frame.
 */
export function encode(frame: ServerFrame): string {
  return JSON.stringify(frame)
}

/** `bodyJson` is the JSON text of a `Body` as it is stored. */
export function messageFrame(message: {
  readonly conversation: string
  readonly stream: StreamName
  readonly seq: number
  readonly id: string
  readonly from: Sender
  readonly bodyJson: string
  readonly at: number
}): string {
  return (
    `{"type":"message","conversation":"${message.conversation}","stream":"${message.stream}","seq":${message.seq},` +
    `"id":${quoteText(message.id)},"from":${senderJson(message.from)},"body":${message.bodyJson},"at":${message.at}}`
  )
}

/** A message inside a `page`: the same without type, conversation and stream. */
export function messageInPage(message: {
  readonly seq: number
  readonly id: string
  readonly from: Sender
  readonly bodyJson: string
  readonly at: number
}): string {
  return `{"seq":${message.seq},"id":${quoteText(message.id)},"from":${senderJson(message.from)},"body":${message.bodyJson},"at":${message.at}}`
}

/** `messages` are texts of `messageInPage`; give the bound the request gave. */
export function pageFrame(page: {
  readonly conversation: string
  readonly stream: StreamName
  readonly before?: number
  readonly after?: number
  readonly messages: readonly string[]
  readonly head: number
}): string {
  const before = page.before === undefined ? '' : `"before":${page.before},`
  const after = page.after === undefined ? '' : `"after":${page.after},`
  return (
    `{"type":"page","conversation":"${page.conversation}","stream":"${page.stream}",${before}${after}` +
    `"messages":[${page.messages.join(',')}],"head":${page.head}}`
  )
}

export function ackFrame(ack: Omit<Ack, 'type'>): string {
  const epoch = ack.epoch === undefined ? '' : `,"epoch":${ack.epoch}`
  return (
    `{"type":"ack","id":"${ack.id}","conversation":"${ack.conversation}","stream":"${ack.stream}",` +
    `"seq":${ack.seq},"at":${ack.at}${epoch}}`
  )
}

/** `retryAfterMs` is rounded up to a whole millisecond. */
export function errorFrame(error: {
  readonly id?: string | undefined
  readonly code: string
  readonly message: string
  readonly retryAfterMs?: number | undefined
}): string {
  const id = error.id === undefined ? '' : `,"id":${JSON.stringify(error.id)}`
  const retry = error.retryAfterMs === undefined ? '' : `,"retry_after_ms":${Math.ceil(error.retryAfterMs)}`
  return `{"type":"error"${id},"code":"${error.code}","message":${JSON.stringify(error.message)}${retry}}`
}

export const pongFrame = '{"type":"pong"}'

function senderJson(from: Sender): string {
  const name = from.name === undefined ? '' : `,"name":${quoteText(from.name)}`
  return `{"role":"${from.role}","id":${quoteText(from.id)}${name}}`
}
