import type { Ack } from '../../protocol/frames.ts'
import type { Answer } from '../bus/wire.ts'
import { refusal, refusalOfAnswer } from './errors.ts'

/** The ack of what was stored, now or by an earlier try with the same id. Throws what was refused or not known. */
export function ackOf(frame: { readonly id: string }, answer: Answer): Ack {
  const refused = refusalOfAnswer(answer)
  if (refused !== undefined) throw refused
  if (answer.status !== 'stored' && answer.status !== 'duplicate') {
    throw refusal('internal', `an answer "${answer.status}" is no ack`)
  }
  const { conversation, stream, seq, at, epoch } = answer
  return { type: 'ack', id: frame.id, conversation, stream, seq, at, epoch }
}
