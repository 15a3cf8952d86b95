import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidv7 } from '../../core/ids.ts'
import type { AgentStatus, EventBody } from '../../protocol/frames.ts'
import type { Answer, DeskCommand, Identity } from '../bus/wire.ts'
import {
  createDeskInTest,
  type DeskInTest,
  type Fate,
  openTestStore,
  type TestStore,
} from './desk-in-test.ts'

let test: TestStore
beforeAll(async () => {
  test = await openTestStore()
})
afterAll(async () => {
  await test.close()
})

const agentCount = 3
const capacities = [1, 2, 3]

type Step =
  | { readonly do: 'send'; readonly visitor: number }
  | { readonly do: 'come' | 'leave'; readonly agent: number; readonly worker: number }
  | { readonly do: 'lose_worker'; readonly worker: number }
  | { readonly do: 'status'; readonly agent: number; readonly status: AgentStatus }
  | { readonly do: 'put'; readonly agent: number; readonly disabled: boolean; readonly capacity: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'settle'; readonly fate: Fate }
  | { readonly do: 'quiet' }
  | { readonly do: 'crash' }
  | {
      readonly do: 'command'
      readonly command: DeskCommand['command']
      readonly agent: number
      readonly to: number
      readonly conversation: number
      readonly behind: number
      /** Whether to choose a conversation that the command fits. */
      readonly fits: boolean
    }
  | { readonly do: 'retry'; readonly earlier: number }

const agent = fc.nat(agentCount - 1)
const worker = fc.integer({ min: 1, max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), visitor: fc.nat(7) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('come' as const, 'leave' as const), agent, worker }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose_worker' as const), worker }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('status' as const),
      agent,
      status: fc.constantFrom<AgentStatus>('online', 'online', 'away', 'offline'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      agent,
      disabled: fc.boolean(),
      capacity: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(250, 1_000, 11_000, 31_000),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      fate: fc.constantFrom<Fate>('commit', 'commit', 'commit', 'fail', 'lose'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('quiet' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('command' as const),
      command: fc.constantFrom<DeskCommand['command']>('accept', 'transfer', 'release', 'close'),
      agent,
      to: agent,
      conversation: fc.nat(20),
      behind: fc.constantFrom(0, 0, 0, 1),
      fits: fc.constantFrom(true, true, true, false),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('retry' as const), earlier: fc.nat(20) }) },
)

type Asked = { readonly command: DeskCommand; readonly answers: Answer[] }

class Run {
  readonly at: DeskInTest
  readonly agents: readonly string[]
  readonly conversations: string[] = []
  readonly asked: Asked[] = []
  readonly began = test.store.position()

  constructor(at: DeskInTest, agents: readonly string[]) {
    this.at = at
    this.agents = agents
  }

  async take(next: Step): Promise<void> {
    const { at } = this
    switch (next.do) {
      case 'send': {
        const conversation = await at.send(`${at.site}-visitor${next.visitor}`)
        if (!this.conversations.includes(conversation)) this.conversations.push(conversation)
        return
      }
      case 'come':
        at.presence().up(next.worker, [{ id: this.#agent(next.agent), role: 'agent', site: at.site }])
        return
      case 'leave':
        at.presence().down(next.worker, [this.#agent(next.agent)])
        return
      case 'lose_worker':
        at.presence().workerLost(next.worker)
        return
      case 'status':
        await at.setStatus(this.#agent(next.agent), next.status)
        return
      case 'put': {
        const id = this.#agent(next.agent)
        const status = at.store.directory.agent(id)?.status ?? 'online'
        await at.addAgent(id, { disabled: next.disabled, capacity: next.capacity, status })
        return
      }
      case 'pass':
        await at.pass(next.ms)
        return
      case 'settle':
        await at.settle(next.fate)
        return
      case 'quiet':
        await at.quiet()
        return
      case 'crash':
        await at.crash()
        return
      case 'command':
        this.#command(next)
        return
      case 'retry': {
        const earlier = this.asked[next.earlier % Math.max(1, this.asked.length)]
        if (earlier !== undefined) this.#ask(earlier)
      }
    }
  }

  #command(next: Extract<Step, { readonly do: 'command' }>): void {
    const conversation = this.#choose(next)
    if (conversation === undefined) return
    const { epoch, owner } = this.at.record(conversation)
    const by = next.command === 'accept' ? this.#agent(next.agent) : (owner ?? this.#agent(next.agent))
    const command: DeskCommand = {
      kind: 'command',
      command: next.command,
      id: uuidv7(test.clock.now()),
      conversation,
      epoch: epoch - next.behind,
      by: { role: 'agent', id: by },
      ...(next.command === 'transfer' ? { to: this.#agent(next.to) } : {}),
    }
    const asked: Asked = { command, answers: [] }
    this.asked.push(asked)
    this.#ask(asked)
  }

  // Mostly one that the command fits, else most would be refused; the store's state may be ahead of what the desk knows.
  #choose({ command, conversation, fits }: Extract<Step, { readonly do: 'command' }>): string | undefined {
    const state = command === 'accept' ? 'queued' : 'assigned'
    const fitting = this.conversations.filter((id) => this.at.record(id).state === state)
    const among = fits && fitting.length > 0 ? fitting : this.conversations
    return among[conversation % Math.max(1, among.length)]
  }

  #ask(asked: Asked): void {
    void this.at
      .desk()
      .command(asked.command)
      .then((answer) => asked.answers.push(answer))
  }

  #agent(index: number): string {
    return this.agents[index] ?? ''
  }
}

/** One owner per epoch, each epoch one more than the last, and no assignment above the capacity it names. */
function checkHistory(run: Run): void {
  const owners = new Map<string, { epoch: number; owner: string | null; closed: boolean }>()
  const owned = new Map<string, Set<string>>()
  for (const { conversation, body } of test.store.replay(run.began, 100_000)) {
    if (!run.conversations.includes(conversation)) continue
    const event = JSON.parse(body) as EventBody | { readonly kind: 'text' }
    if (event.kind !== 'event' || event.event === 'retracted') continue
    const before = owners.get(conversation) ?? { epoch: 0, owner: null, closed: false }
    expect(before.closed).toBe(false)
    expect(event.epoch).toBe(before.epoch + 1)
    expect('previous' in event ? event.previous : null).toBe(before.owner)
    if (before.owner !== null) owned.get(before.owner)?.delete(conversation)
    const owner = 'owner' in event ? event.owner : null
    owners.set(conversation, { epoch: event.epoch, owner, closed: event.event === 'closed' })
    if (!('owner' in event)) continue
    const holds = owned.get(event.owner) ?? new Set()
    holds.add(conversation)
    owned.set(event.owner, holds)
    expect(holds.size).toBeLessThanOrEqual(event.capacity)
    expect(event.load).toBeLessThanOrEqual(event.capacity)
  }
  for (const conversation of run.conversations) {
    const { epoch, owner, state } = run.at.record(conversation)
    const told = owners.get(conversation) ?? { epoch: 0, owner: null, closed: false }
    expect({ epoch, owner, closed: state === 'closed' }).toEqual(told)
  }
}

/** Once stored, every retry is answered with the first answer. */
function checkAnswers({ asked }: Run): void {
  for (const { answers } of asked) {
    const first = answers.findIndex(({ status }) => status === 'stored' || status === 'duplicate')
    if (first === -1) continue
    const later = answers.slice(first).filter(({ status }) => status !== 'failed')
    const seqs = later.map((answer) => ('seq' in answer ? answer.seq : answer))
    expect(new Set(seqs).size).toBe(1)
    expect(later.slice(1).every(({ status }) => status === 'duplicate')).toBe(true)
  }
}

/** When all is quiet nobody waits beside a free agent, nobody is left with an agent who is gone, and book and store agree. */
function checkConvergence({ at, agents, conversations }: Run): void {
  expect(at.store.reservations().filter(({ agent: id }) => agents.includes(id))).toEqual([])
  const free = agents.filter((id) => {
    const record = at.store.directory.agent(id)
    if (record === undefined || record.disabled || record.status !== 'online') return false
    return at.presence().of(id) === 'online' && at.store.load(id) < record.capacity
  })
  const waiting = conversations.filter((id) => at.record(id).state === 'queued')
  if (waiting.length > 0) expect(free).toEqual([])
  expect(
    at
      .desk()
      .queue(at.site, 100)
      .conversations.map(({ id }) => id)
      .sort(),
  ).toEqual(waiting.sort())
  for (const id of conversations) {
    const { owner } = at.record(id)
    if (owner === null) continue
    expect(at.presence().of(owner)).toBe('online')
    expect(at.store.directory.agent(owner)).toMatchObject({ disabled: false })
    expect(at.store.directory.agent(owner)?.status).not.toBe('offline')
  }
  for (const { id, load } of at.desk().agents(at.site)) expect(load).toBe(at.store.load(id))
}

describe('desk, whatever happens', () => {
  it('keeps one owner per epoch, capacity, first answers, and leaves nobody behind', {
    timeout: 300_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }), async (steps) => {
        const at = await createDeskInTest(test)
        const agents = capacities.map((_, i) => `${at.site}-agent${i}`)
        for (const [i, id] of agents.entries()) await at.addAgent(id, { capacity: capacities[i] ?? 1 })
        at.presence().up(
          1,
          agents.map((id): Identity => ({ id, role: 'agent', site: at.site })),
        )
        const run = new Run(at, agents)
        try {
          for (const next of steps) await run.take(next)
          await at.pass(100_000)
          checkHistory(run)
          checkAnswers(run)
          checkConvergence(run)
        } finally {
          at.stop()
        }
      }),
      { numRuns: 150 },
    )
  })
})
