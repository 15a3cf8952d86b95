import type { Append, Stored } from '../storage/store.ts'
import type { Answer, Request } from './wire.ts'

/**
 * The common answer, a stored message, without what its asker knows: a place in the log, the seq, and names only where they
 * are not those of the request (0). A third of the bytes; and each name left out is a string less to make and to look up.
 */
export type PackedStored = readonly [
  n: number,
  position: number,
  seq: number,
  at: number,
  epoch: number,
  conversation: string | 0,
  visitor: string | 0,
  owner: string | null | 0,
  opened: 0 | 1,
]

export type AnswerOnLink = PackedStored | { readonly n: number; readonly answer: Answer }

/** `request` is what `answer` answers, where the writer has it at hand. */
export function packAnswer(n: number, answer: Answer, request: Request | undefined): AnswerOnLink {
  if (request?.kind !== 'append' || answer.status !== 'stored') return { n, answer }
  const { conversation, visitor, owner } = answer
  const sender = request.sender.id
  return [
    n,
    answer.position,
    answer.seq,
    answer.at,
    answer.epoch,
    conversation === request.conversation ? 0 : conversation,
    visitor === sender ? 0 : visitor,
    owner === sender ? 0 : owner,
    answer.opened === true ? 1 : 0,
  ]
}

/** `request` is the asker's own, by the answer's number. */
export function unpackAnswer(answer: AnswerOnLink, request: Request): Answer {
  if ('answer' in answer) return answer.answer
  if (request.kind !== 'append') throw new TypeError(`a stored message answers a ${request.kind}`)
  return storedOf(answer, request)
}

export function numberOf(answer: AnswerOnLink): number {
  return 'answer' in answer ? answer.n : answer[0]
}

/** Where in the log the message stands that this answers; undefined when none was stored. */
export function positionOf(answer: AnswerOnLink): number | undefined {
  if (!('answer' in answer)) return answer[1]
  return answer.answer.status === 'stored' ? answer.answer.position : undefined
}

function storedOf(packed: PackedStored, request: Append): Stored {
  const [, position, seq, at, epoch, conversation, visitor, owner, opened] = packed
  const sender = request.sender.id
  return {
    status: 'stored',
    position,
    conversation: conversation === 0 ? (request.conversation ?? '') : conversation,
    stream: request.stream,
    seq,
    at,
    epoch,
    visitor: visitor === 0 ? sender : visitor,
    owner: owner === 0 ? sender : owner,
    ...(opened === 1 ? { opened: true } : {}),
  }
}
