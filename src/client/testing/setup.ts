import { manualClock } from '../../core/clock.ts'
import { createSession, type Outcome, type SessionOptions, type SessionTaps, threadKey } from '../session.ts'
import { conversation, FakeServer, type Link } from './server.ts'

export const visitor = { role: 'visitor', id: 'v1' } as const
export const agent = { role: 'agent', id: 'agent1', name: '林小雨' } as const
export const key = threadKey(conversation, 'public')
export const text = (words: string) => ({ kind: 'text', text: words }) as const

/** A session against a fake server; its random bytes count up, so delays are short. */
export function setup(options: Partial<SessionOptions> = {}, who: typeof visitor | typeof agent = visitor) {
  const clock = manualClock()
  const server = new FakeServer()
  const link = server.link(who)
  let byte = 0
  const outcomes: Outcome[] = []
  const unknown: string[] = []
  const taps: SessionTaps = {
    onOutcome: (outcome) => outcomes.push(outcome),
    onUnknown: (_id, code) => unknown.push(code),
  }
  const session = createSession({
    url: 'ws://server/ws',
    credentials: () => (who === visitor ? { site: 'site1' } : { token: 'secret' }),
    openSocket: link.openSocket,
    clock,
    random: (length) => Uint8Array.from({ length }, () => byte++ & 0xff),
    taps,
    ...options,
  })
  const texts = () =>
    session.state.threads.get(key)?.messages.map(({ body }) => ('text' in body ? body.text : body.kind))
  return { clock, server, link, session, outcomes, unknown, texts }
}

/** Lets everything through until nothing moves. */
export function flow(link: Link): void {
  while (link.accept() || link.up() || link.down()) {
    // Each turn moves one frame.
  }
}
