import type { AgentCommand, Hello, Send } from '../../protocol/frames.ts'
import type { Caller } from '../access/authorise.ts'
import type { Answer } from '../bus/wire.ts'
import type { Origin } from '../pipeline/stage.ts'
import type { SiteRecord } from '../storage/store.ts'
import { type GreetingPorts, welcome } from './greeting.ts'
import type { Hub } from './hub.ts'
import { Session, type SessionPorts, type Sink } from './session.ts'

/** One frame from a caller without a session of its own (REST), through the same pipeline; resolves with the truth about it. */
export function sendDetached(
  caller: Caller,
  frame: Send | AgentCommand,
  source: Origin['source'],
  submit: (origin: Origin, frame: Send | AgentCommand) => void,
): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  submit(
    {
      caller,
      source,
      refused: undefined,
      visitorStored: false,
      control: () => undefined,
      invalid: () => undefined,
      answered: (_frame, _request, answer) => {
        resolve(answer)
      },
    },
    frame,
  )
  return promise
}

/**
 * A session that only listens (server-sent events): the sink gets welcome first, then live frames, as a socket would.
 * Returns its end.
 */
export function openListener(
  caller: Caller,
  site: SiteRecord,
  sink: Sink,
  resume: Hello['resume'],
  ports: SessionPorts & GreetingPorts & { readonly hub: Hub },
): () => void {
  const session = new Session(caller, sink, ports)
  ports.hub.add(session)
  const hello: Hello = { type: 'hello', ...(resume === undefined ? {} : { resume }) }
  welcome(
    session,
    site,
    hello,
    undefined,
    ports,
    () => undefined,
    () => {
      sink.close(4503, 'the store does not answer')
    },
  )
  return () => {
    ports.hub.remove(session)
  }
}
