import fc from 'fast-check'
import { expect, test } from 'vitest'
import { manualClock } from '../../../core/clock.ts'
import type { StreamName } from '../../../protocol/frames.ts'
import { agentRecord, textBody, World } from '../conformance/world.ts'
import type { Operation, Outcome } from '../store.ts'
import { sqlitePlace } from './place.ts'

/** What may happen to a store. Operations are chosen by number from what is possible at that moment. */
type Step =
  | { readonly do: 'batch'; readonly choices: readonly number[] }
  /** The last batches' operations again, as a worker resends them. */
  | { readonly do: 'retry'; readonly batches: number }
  | { readonly do: 'kill' }
  | { readonly do: 'restart' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('batch' as const),
      choices: fc.array(fc.nat(), { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('retry' as const), batches: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
)

test('whatever happens, seqs have no holes, nothing stands twice or is lost, heads and loads equal the log', async () => {
  // Little memory makes heads leave it all the time; much leaves them to the rounds.
  const memory = fc.constantFrom(1, 3, 100)
  await fc.assert(
    fc.asyncProperty(memory, fc.array(step, { maxLength: 25 }), async (inMemory, steps) => {
      const place = sqlitePlace(manualClock(), { inMemory, headsEvery: 8 })
      const world = await World.create(() => Promise.resolve(place))
      try {
        await run(world, steps)
      } finally {
        await world.end()
      }
    }),
    { numRuns: 40 },
  )
}, 300_000)

async function run(world: World, steps: readonly Step[]): Promise<void> {
  await world.do({ kind: 'put_agent', agent: { ...agentRecord('ann'), capacity: 3 } })
  const sent: (readonly Operation[])[] = []
  const first = new Map<Operation, Outcome>()
  for (const step of steps) {
    if (step.do === 'kill') await world.kill()
    else if (step.do === 'restart') await world.restart()
    else {
      const batch =
        step.do === 'retry'
          ? sent.slice(-step.batches).flat()
          : step.choices.flatMap((choice) => operations(world, choice))
      if (step.do === 'batch') sent.push(batch)
      const outcomes = await world.store.commit(batch)
      batch.forEach((operation, i) => {
        checkAnswer(operation, outcomes[i], first)
      })
    }
    checkStore(world, first)
  }
}

/** The first positive answer binds; a later one is the same place, called a duplicate. */
function checkAnswer(
  operation: Operation,
  outcome: Outcome | undefined,
  first: Map<Operation, Outcome>,
): void {
  const before = first.get(operation)
  if (before?.status === 'stored') {
    expect(outcome).toMatchObject({ status: 'duplicate' })
    expect(placeOf(outcome)).toEqual(placeOf(before))
  } else if (outcome?.status === 'stored') first.set(operation, outcome)
}

function placeOf(outcome: Outcome | undefined): unknown {
  if (outcome === undefined || !('seq' in outcome)) return outcome
  const { position, conversation, stream, seq, at } = outcome
  return { position, conversation, stream, seq, at }
}

function checkStore(world: World, answered: ReadonlyMap<Operation, Outcome>): void {
  const { store } = world
  const log = store.replay(0, 100_000)
  expect(log.map((message) => message.position)).toEqual(log.map((_, i) => i + 1))
  expect(store.position()).toBe(log.length)
  expect(new Set(log.map((message) => `${message.from.role}/${message.from.id}/${message.id}`)).size).toBe(
    log.length,
  )
  const streams = Map.groupBy(log, (message) => `${message.conversation}/${message.stream}`)
  for (const [name, messages] of streams) {
    const [conversation = '', stream] = name.split('/')
    const record = world.record(conversation)
    expect(messages.map((message) => message.seq)).toEqual(messages.map((_, i) => i + 1))
    expect(record[streamName(stream)]).toEqual({
      head: messages.length,
      headPosition: messages.at(-1)?.position,
    })
    expect(world.read(conversation, streamName(stream)).map((message) => message.id)).toEqual(
      messages.map((message) => message.id),
    )
  }
  for (const outcome of answered.values()) {
    if (outcome.status === 'stored')
      expect(log[outcome.position - 1]).toMatchObject({
        conversation: outcome.conversation,
        seq: outcome.seq,
      })
  }
  for (const agent of ['ann', 'bob']) {
    const reserved = store.reservations().filter((reservation) => reservation.agent === agent).length
    expect(store.load(agent)).toBe(store.conversationsOfAgent(agent).length + reserved)
  }
}

function operations(world: World, choice: number): readonly Operation[] {
  const visitor = `v${choice % 4}`
  const agent = choice % 2 === 0 ? 'ann' : 'bob'
  const newest = world.store.conversationsOfVisitor(visitor, 1)[0]
  const { id: conversation = 'aaaaaaaaaaaaaaaa', epoch = 0, owner } = newest ?? {}
  const id = world.id()
  switch (choice % 11) {
    case 0:
      return [world.answer(agent, conversation, { epoch })]
    case 1:
      return [world.answer(agent, conversation, { stream: 'internal' })]
    case 2:
    case 3:
      return [
        world.reserve(conversation, agent, epoch, { id }),
        world.fence(conversation, epoch, { to: 'assigned', agent }, { id }),
      ]
    case 4:
      return [world.reserve(conversation, agent, epoch)]
    case 5:
      return [world.fence(conversation, epoch, { to: 'released', reason: 'gone' })]
    case 6:
      return [world.fence(conversation, epoch, { to: 'closed', reason: 'idle' })]
    case 7:
      return [{ kind: 'mark_read', conversation, role: 'visitor', seq: choice % 20 }]
    case 8:
      return [
        {
          kind: 'retract',
          id,
          sender: { role: 'agent', id: owner ?? agent },
          conversation,
          epoch,
          seq: 1 + (choice % 9),
          withinMs: 1_000,
        },
      ]
    default: {
      const send = world.send(visitor, {
        body: textBody(String(choice)),
        ...(choice % 3 === 0 ? { conversation } : {}),
      })
      return choice % 5 === 0 ? [send, send] : [send]
    }
  }
}

function streamName(name: string | undefined): StreamName {
  return name === 'internal' ? 'internal' : 'public'
}
