import type { ConversationSummary } from '../../protocol/frames.ts'
import type { FrameTemplate } from '../user/masked.ts'
import type { Member } from './crowd.ts'
import { newSender, type Sender } from './sent.ts'
import { StreamTrack } from './stream-track.ts'

export interface Agent extends Member<Agent> {
  readonly number: number
  id: string
  /** Of the store, by its last welcome. */
  incarnation: string
  readonly conversations: Map<string, Held>
}

/** A conversation an agent sees. `number` is its place in this generator, and stands as the sender in the ids of answers. */
export interface Held extends Sender {
  readonly id: string
  readonly agent: Agent
  readonly track: StreamTrack
  /** Whether the agent owns it, and under which epoch. */
  epoch: number
  owned: boolean
  /** Seqs up to here lie before the live frames and come by history; asked for so far. */
  historyTo: number
  asked: number
  template: FrameTemplate | undefined
}

export function newAgent(number: number): Agent {
  return {
    number,
    socket: undefined,
    stage: 'connecting',
    losses: 0,
    known: false,
    returnInMs: undefined,
    id: '',
    incarnation: '',
    conversations: new Map(),
  }
}

/** All conversations that the agents of one generator have seen, found without making a string of each id that arrives. */
export class HeldConversations {
  readonly all: Held[] = []
  readonly #bySender = new Map<number, Held>()

  /** Where `agent` was told of conversation `id`; a new one is made. */
  of(agent: Agent, id: string): Held {
    let held = agent.conversations.get(id)
    if (held === undefined) {
      held = {
        id,
        number: this.all.length,
        agent,
        track: new StreamTrack(),
        epoch: 0,
        owned: false,
        historyTo: 0,
        asked: 0,
        template: undefined,
        ...newSender(),
      }
      agent.conversations.set(id, held)
      this.all.push(held)
    }
    return held
  }

  /** The same, for the message of visitor `who` of `generator`, whose conversation's id stands at `bytes[start..end)`. */
  ofMessage(agent: Agent, sender: number, bytes: Buffer, start: number, end: number): Held {
    const last = this.#bySender.get(sender)
    if (last !== undefined && last.agent === agent && isAt(last.id, bytes, start, end)) return last
    const held = this.of(agent, bytes.toString('latin1', start, end))
    this.#bySender.set(sender, held)
    return held
  }
}

/** Nothing is known of it any more but that it was seen. */
export function forgetHeld(held: Held): void {
  held.track.forget()
  held.epoch = 0
  held.owned = false
  held.historyTo = 0
  held.asked = 0
  held.template = undefined
}

/** What a summary says of who owns it; an older epoch says nothing. */
export function setOwner(held: Held, { owner, epoch }: Pick<ConversationSummary, 'owner' | 'epoch'>): void {
  if (epoch < held.epoch) return
  held.owned = owner === held.agent.id
  if (epoch !== held.epoch) held.template = undefined
  held.epoch = epoch
}

// Latin-1 only, as ids are.
function isAt(id: string, bytes: Buffer, start: number, end: number): boolean {
  if (id.length !== end - start) return false
  for (let i = 0; i < id.length; i++) if (bytes[start + i] !== id.charCodeAt(i)) return false
  return true
}
