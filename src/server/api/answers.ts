import type { Ack, AgentCommand, Send } from '../../protocol/frames.ts'
import type { Caller } from '../access/authorise.ts'
import type { Answer } from '../bus/wire.ts'
import type { Source } from '../limits/sources.ts'
import { refusal, refusalOfAnswer, unavailable } from './errors.ts'
import type { ApiPorts } from './ports.ts'

/** Sends a message or a command through the pipeline, and answers its ack. */
export async function carryOut(
  { messages }: Pick<ApiPorts, 'messages'>,
  caller: Caller,
  frame: Send | AgentCommand,
  source: Source,
): Promise<Ack> {
  const answer = await messages.send(caller, frame, source).catch((error: unknown) => {
    throw unavailable(error)
  })
  return ackOf(frame, answer)
}

/** The ack of what was stored, now or by an earlier try with the same id. Throws what was refused or not known. */
function ackOf(frame: Send | AgentCommand, answer: Answer): Ack {
  const refused = refusalOfAnswer(answer)
  if (refused !== undefined) throw refused
  if (answer.status !== 'stored' && answer.status !== 'duplicate') {
    throw refusal('internal', `an answer "${answer.status}" is no ack`)
  }
  const { conversation, stream, seq, at, epoch } = answer
  const ack = { type: 'ack', id: frame.id, conversation, stream, seq, at } as const
  // A send's ack leaves the epoch out: it may have grown until the retry, whose answer must be the first one's.
  return frame.type === 'send' ? ack : { ...ack, epoch }
}
