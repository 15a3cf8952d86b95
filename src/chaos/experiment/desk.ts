import type { ConversationSummary } from '../../protocol/frames.ts'
import type { Random } from '../load/random.ts'
import type { Person } from './person.ts'
import { pick } from './random.ts'
import { reply } from './words-said.ts'

/** A conversation with fewer messages is not closed: its visitor has only begun. */
const closedFrom = 6

/**
 * What agents do beside answering. Each action is aimed to be possible, and some at what the server must refuse: a message
 * under the epoch that a transfer has just ended, and an accept by two at once.
 */
export class DeskWork {
  readonly #agents: readonly Person[]
  readonly #random: Random
  readonly #nextWord: () => number

  constructor(agents: readonly Person[], random: Random, nextWord: () => number) {
    this.#agents = agents
    this.#random = random
    this.#nextWord = nextWord
  }

  /** One action of some agent; none while nobody is there or owns anything. */
  act(): void {
    const present = this.#agents.filter(({ connected }) => connected)
    const waiting = present[0]?.session.state.queue.conversations ?? []
    if (waiting.length > 0 && this.#random() < 0.5) {
      this.#accept(present, waiting)
      return
    }
    const agent = pick(present, this.#random)
    const conversation = agent === undefined ? undefined : pick(ownedBy(agent), this.#random)
    if (agent === undefined || conversation === undefined) return
    const { id, epoch, head } = conversation
    const draw = this.#random()
    if (draw < 0.2 && head >= closedFrom) void agent.command({ type: 'close', conversation: id, epoch })
    else if (draw < 0.45) void agent.command({ type: 'release', conversation: id, epoch })
    else void this.#transfer(agent, present, conversation)
  }

  #accept(present: readonly Person[], waiting: readonly ConversationSummary[]): void {
    const conversation = pick(waiting, this.#random)
    if (conversation === undefined) return
    const { id, epoch } = conversation
    for (const agent of [pick(present, this.#random), pick(present, this.#random)]) {
      void agent?.command({ type: 'accept', conversation: id, epoch })
    }
  }

  async #transfer(
    agent: Person,
    present: readonly Person[],
    { id: conversation, epoch }: ConversationSummary,
  ): Promise<void> {
    const others = present.flatMap((other) =>
      other === agent || other.session.state.you === undefined ? [] : [other.session.state.you.id],
    )
    const to = pick(others, this.#random)
    if (to === undefined) return
    const outcome = await agent.command({ type: 'transfer', conversation, epoch, to })
    if (outcome.status !== 'acked' || this.#random() < 0.5) return
    agent.say(conversation, { kind: 'text', text: reply(this.#nextWord()) }, { epoch })
  }
}

export function ownedBy(agent: Person): readonly ConversationSummary[] {
  const { you, conversations } = agent.session.state
  return conversations.filter(({ owner, state }) => state === 'assigned' && owner === you?.id)
}
