import { cpSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Break, breaks } from '../src/server/config/break.ts'
import { type Client, connect } from './support/client.ts'
import { type BenchSite, freshFolder, removeFolder, startNode, type TestNode } from './support/node.ts'
import { brokenPromises, notConverged, readBack } from './support/promises.ts'
import { createUser, threadOf, type User } from './support/user.ts'
import { waitUntil } from './support/wait.ts'

/**
 * The checks of the promises are themselves seen red: for each way to break the server, one short story that keeps every promise
 * on the product and breaks exactly the named ones on the mutant.
 */
type Story = {
  readonly broken: Break
  readonly names: readonly string[]
  /** Plays on a node of one worker; the lines of the checks. */
  readonly play: (node: TestNode, bench: BenchSite) => Promise<readonly string[]>
}

const stories: readonly Story[] = [
  {
    // What was shown and is gone also is no longer what its readers were shown.
    broken: 'ack-before-commit',
    names: ['agreement', 'no_acked_loss'],
    play: (node, bench) =>
      withPeople(node, bench, async ({ visitor, owner }) => {
        await said(visitor, '最后一句 and then the crash')
        await node.kill('writer')
        await waitUntil('another writer', () => node.pids.writer !== 0)
        return brokenPromises([visitor, owner], await readBack(node.wsUrl, bench, [visitor], [owner]))
      }),
  },
  {
    broken: 'no-dedupe',
    names: ['no_duplicate'],
    play: (node, bench) =>
      withPeople(node, bench, async ({ visitor, owner, opening }) => {
        const impatient = await connect(node.wsUrl, { site: bench.site.key, token: visitor.token ?? '' })
        await impatient.say(opening.text, { id: opening.id })
        impatient.terminate()
        return brokenPromises([visitor, owner], await readBack(node.wsUrl, bench, [visitor], [owner]))
      }),
  },
  {
    broken: 'new-incarnation',
    names: ['gapless'],
    play: (node, bench) =>
      withPeople(node, bench, async ({ visitor, owner }) => {
        await node.kill('writer')
        await said(visitor, '还在吗？')
        return brokenPromises([visitor, owner], await readBack(node.wsUrl, bench, [visitor], [owner]))
      }),
  },
  {
    broken: 'swap-lane',
    names: ['sender_order'],
    play: (node, bench) =>
      withPeople(node, bench, async ({ visitor, owner }) => {
        // Written in one turn, so that many of them reach the worker in one turn, too.
        for (let i = 1; i <= 64; i++) {
          visitor.sent.push(visitor.session.send(undefined, { kind: 'text', text: `第 ${i} 句` }))
        }
        await waitUntil('all acks', () => visitor.sent.every((id) => visitor.outcomes.has(id)))
        return brokenPromises([visitor, owner], await readBack(node.wsUrl, bench, [visitor], [owner]))
      }),
  },
  {
    broken: 'skip-fence',
    names: ['one_owner'],
    play: (node, bench) =>
      withPeople(node, bench, async ({ visitor, owner, other, conversation }) => {
        const to = other.session.state.you?.id ?? ''
        await owner.session.command({ type: 'transfer', conversation, epoch: 1, to })
        const late = owner.session.send(conversation, { kind: 'text', text: 'too late' }, { epoch: 1 })
        await waitUntil('the answer to what came too late', () => owner.outcomes.has(late))
        return brokenPromises(
          [visitor, owner, other],
          await readBack(node.wsUrl, bench, [visitor], [owner, other]),
        )
      }),
  },
  {
    broken: 'drop-tail',
    names: ['convergence'],
    play: async (node, bench) => {
      const agent = await connect(node.wsUrl, { token: bench.agents[0]?.token ?? '' })
      const visitor = await connect(node.wsUrl, { site: bench.site.key })
      const { conversation } = await visitor.say('有人吗？')
      await untilHeadIs(2, node, bench, visitor)
      // The worker knew of the second message by then: whatever this socket gets of it stands before the pong.
      visitor.send({ type: 'ping' })
      await visitor.next('pong')
      const seen = new Map([
        [
          threadOf(conversation, 'public'),
          visitor.messages(conversation).map((it) => ({ ...it, mine: false })),
        ],
      ])
      const { token } = visitor.welcome
      const stored = await readBack(node.wsUrl, bench, [{ token, seen, outcomes: new Map() }], [])
      for (const client of [agent, visitor]) client.terminate()
      return notConverged([{ seen }], stored)
    },
  },
]

/** These take a crowd: test/chaos-mutants.test.ts. */
const seenByTheHarness: readonly Break[] = ['over-capacity', 'phantom', 'leak', 'false-ack']

let data: string
let bench: BenchSite
const folders: string[] = []

beforeAll(async () => {
  const node = await startNode({ workers: 1 })
  bench = await node.agents(2)
  await node.stop()
  data = node.data
  folders.push(dirname(data))
})

afterAll(() => {
  for (const folder of folders) removeFolder(folder)
})

describe.each(stories)('the story of $broken', ({ broken, names, play }) => {
  test('the product keeps every promise', async () => {
    expect(await played(play, {})).toEqual([])
  })

  test(`KF_BREAK=${broken} breaks ${names.join(' and ')}, and the check says so`, async () => {
    const lines = await played(play, { KF_BREAK: broken })
    expect([...new Set(lines.map((line) => line.slice(0, line.indexOf(':'))))].toSorted()).toEqual(names)
  })
})

test('every way to break the server has been seen red', () => {
  // The power cut of no-sync is src/server/storage/sqlite/power-cut.test.ts: a SIGKILL loses nothing that was written.
  const elsewhere = ['no-sync', ...seenByTheHarness]
  expect([...stories.map(({ broken }) => broken), ...elsewhere].toSorted()).toEqual(
    Object.keys(breaks).toSorted(),
  )
})

async function played(
  play: Story['play'],
  env: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const folder = freshFolder()
  folders.push(folder)
  cpSync(data, join(folder, 'data'), { recursive: true })
  const node = await startNode({ data: join(folder, 'data'), workers: 1, env })
  try {
    return await play(node, bench)
  } finally {
    await node.stop()
  }
}

type People = {
  readonly visitor: User
  readonly owner: User
  readonly other: User
  readonly conversation: string
  readonly opening: { readonly id: string; readonly text: string }
}

/** A visitor who has been given to one of two agents, and everybody was shown that. */
async function withPeople<Result>(
  node: TestNode,
  { site, agents }: BenchSite,
  work: (people: People) => Promise<Result>,
): Promise<Result> {
  const staff = agents.map(({ token }) => createUser(node.wsUrl, { token }))
  const visitor = createUser(node.wsUrl, { site: site.key })
  try {
    await waitUntil('both agents on duty', () =>
      staff.every(({ session }) => session.state.connection.phase === 'ready'),
    )
    const opening = { text: 'Hello, 有人吗？', id: '' }
    const outcome = await said(visitor, opening.text)
    const thread = threadOf(outcome.conversation, 'public')
    await waitUntil('the assignment', () => visitor.seen.get(thread)?.length === 2)
    const event = visitor.seen.get(thread)?.[1]?.body
    const ownerId = event?.kind === 'event' && event.event === 'assigned' ? event.owner : undefined
    const owner = staff.find(({ session }) => session.state.you?.id === ownerId)
    const other = staff.find((agent) => agent !== owner)
    if (owner === undefined || other === undefined) throw new Error(`nobody is ${ownerId ?? 'the owner'}`)
    return await work({
      visitor,
      owner,
      other,
      conversation: outcome.conversation,
      opening: { ...opening, id: outcome.id },
    })
  } finally {
    for (const { session } of [visitor, ...staff]) session.stop()
  }
}

/** Sends and waits for the ack. */
async function said(user: User, text: string) {
  const id = user.session.send(undefined, { kind: 'text', text })
  user.sent.push(id)
  await waitUntil(`the ack of “${text}”`, () => user.outcomes.has(id))
  const outcome = user.outcomes.get(id)
  if (outcome?.status !== 'acked') throw new Error(`“${text}” was rejected: ${outcome?.code ?? ''}`)
  return outcome
}

async function untilHeadIs(
  head: number,
  node: TestNode,
  { site }: BenchSite,
  visitor: Client,
): Promise<void> {
  await waitUntil(`the head ${head}`, async () => {
    const reader = await connect(node.wsUrl, { site: site.key, token: visitor.welcome.token ?? '' })
    reader.terminate()
    return reader.welcome.conversations[0]?.head === head
  })
}
