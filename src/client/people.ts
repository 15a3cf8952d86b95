import type { Clock } from '../core/clock.ts'
import type {
  AgentStatus,
  AgentSummary,
  ConversationSummary,
  EventBody,
  Presence,
  PresenceFrame,
  QueuePosition,
  QueueSnapshot,
  ReadFrame,
  TypingFrame,
  Welcome,
} from '../protocol/frames.ts'
import type { QueuePlace, Typing } from './contract.ts'

const typingForMs = 6_000

/** Everything of a session's state that is not messages: conversations, queue, agents, presence, typing. */
export class People {
  you: Welcome['you'] | undefined
  site: Welcome['site'] | undefined
  status: AgentStatus | undefined
  position: QueuePlace | undefined
  queue: { readonly waiting: number; readonly conversations: readonly ConversationSummary[] } = noQueue
  agents: readonly AgentSummary[] = []
  typing: ReadonlyMap<string, Typing> = new Map()
  presence: ReadonlyMap<string, Presence> = new Map()
  listed = false
  readonly #clock: Clock
  readonly #onChange: () => void
  #summaries = new Map<string, ConversationSummary>()
  /** Those of the list that is coming in; the rest is dropped when it ends. */
  #seen = new Set<string>()
  #list: readonly ConversationSummary[] | undefined
  readonly #typists = new Map<string, () => void>()

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock
    this.#onChange = onChange
  }

  list(): readonly ConversationSummary[] {
    this.#list ??= [...this.#summaries.values()]
    return this.#list
  }

  get(conversation: string): ConversationSummary | undefined {
    return this.#summaries.get(conversation)
  }

  welcome(welcome: Welcome): void {
    this.you = welcome.you
    this.site = welcome.site
    this.status = welcome.status ?? this.status
    this.agents = welcome.agents ?? this.agents
    this.position = undefined
    this.#seen = new Set()
  }

  /** One of the caller's list, which comes in the server's order. */
  listing(summary: ConversationSummary): void {
    this.#seen.add(summary.id)
    this.#summaries.set(summary.id, this.#grown(summary))
    this.#list = undefined
  }

  /** The list is whole: what it did not name is no longer the caller's. Returns those. */
  listingEnds(): readonly string[] {
    this.listed = true
    const gone = [...this.#summaries.keys()].filter((id) => !this.#seen.has(id))
    const listed = [...this.#seen].flatMap((id) => this.#summaries.get(id) ?? [])
    this.#summaries = new Map(listed.map((summary) => [summary.id, summary]))
    this.#list = undefined
    return gone
  }

  /** Inserts on top or replaces in place; of a summary older than what is held only the heads count. */
  upsert(summary: ConversationSummary): void {
    this.#seen.add(summary.id)
    const held = this.#summaries.get(summary.id)
    if (held === undefined) this.#summaries = new Map([[summary.id, summary], ...this.#summaries])
    else {
      const { epoch } = held
      const head = Math.max(held.head, summary.head)
      this.#summaries.set(
        summary.id,
        epoch > summary.epoch ? { ...held, head } : this.#grown({ ...summary, head }),
      )
    }
    this.#list = undefined
  }

  forgetConversations(): void {
    this.#summaries.clear()
    this.#list = undefined
  }

  /** A sequenced event or a message raises the head; an event of an older epoch changes nothing else. */
  advance(conversation: string, head: number, event: EventBody | undefined): void {
    const summary = this.#summaries.get(conversation)
    if (summary === undefined) return
    const raised = head > summary.head ? { ...summary, head } : summary
    this.#summaries.set(
      conversation,
      event === undefined ? raised : afterEvent(raised, event, this.#clock.now()),
    )
    this.#list = undefined
    if (event !== undefined && event.event !== 'retracted' && this.position?.conversation === conversation) {
      this.position = undefined
    }
  }

  /** True when it grew. */
  read({ conversation, role, seq }: Omit<ReadFrame, 'type'>): boolean {
    const summary = this.#summaries.get(conversation)
    if (summary === undefined || summary.read[role] >= seq) return false
    this.#summaries.set(conversation, { ...summary, read: { ...summary.read, [role]: seq } })
    this.#list = undefined
    return true
  }

  queued(frame: QueuePosition | QueueSnapshot): void {
    if ('waiting' in frame) this.queue = { waiting: frame.waiting, conversations: frame.conversations }
    else {
      const { conversation, position, eta_s: etaS, waiting_since: waitingSince } = frame
      this.position = { conversation, position, etaS, waitingSince }
    }
  }

  presenceOf({ conversation, who, presence, status }: PresenceFrame): void {
    if (who.role === 'agent') {
      this.agents = this.agents.map((agent) =>
        agent.id === who.id ? { ...agent, presence, status: status ?? agent.status } : agent,
      )
    }
    if (conversation === undefined) return
    const visitor = this.#summaries.get(conversation)?.visitor
    const summary = this.#summaries.get(conversation)
    if (who.role === 'visitor' && summary !== undefined && visitor !== undefined) {
      this.#summaries.set(conversation, { ...summary, visitor: { ...visitor, presence } })
      this.#list = undefined
    } else if (who.role === 'agent') {
      this.presence = new Map(this.presence).set(conversation, presence)
    }
  }

  types({ conversation, from, preview }: TypingFrame): void {
    this.typing = new Map(this.typing).set(conversation, {
      from,
      ...(preview === undefined ? {} : { preview }),
    })
    this.#typists.get(conversation)?.()
    const cancel = this.#clock.after(typingForMs, () => {
      this.stopsTyping(conversation)
      this.#onChange()
    })
    this.#typists.set(conversation, cancel)
  }

  stopsTyping(conversation: string, who?: string): void {
    const typing = this.typing.get(conversation)
    if (typing === undefined || (who !== undefined && typing.from.id !== who)) return
    this.#typists.get(conversation)?.()
    this.#typists.delete(conversation)
    const rest = new Map(this.typing)
    rest.delete(conversation)
    this.typing = rest
  }

  /** What was only true while connected. */
  down(): void {
    for (const conversation of this.typing.keys()) this.stopsTyping(conversation)
    this.presence = new Map()
  }

  // Read cursors only grow, whatever a summary made a moment ago says.
  #grown(summary: ConversationSummary): ConversationSummary {
    const held = this.#summaries.get(summary.id)
    if (held === undefined) return summary
    const read = {
      visitor: Math.max(held.read.visitor, summary.read.visitor),
      agent: Math.max(held.read.agent, summary.read.agent),
    }
    return { ...summary, read }
  }
}

const noQueue = { waiting: 0, conversations: [] } as const

function afterEvent(summary: ConversationSummary, event: EventBody, now: number): ConversationSummary {
  if (event.epoch < summary.epoch || event.event === 'retracted') return summary
  const { owner_name: _name, waiting_since: _since, ...rest } = summary
  const { epoch } = event
  switch (event.event) {
    case 'assigned':
    case 'transferred':
      return { ...rest, epoch, state: 'assigned', owner: event.owner, owner_name: event.owner_name }
    case 'released':
      return { ...rest, epoch, state: 'queued', owner: null, waiting_since: now }
    case 'closed':
      return { ...rest, epoch, state: 'closed', owner: null }
  }
}
