import { dirname } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { type Hearing, planAt, startGenerator } from '../src/chaos/load/generator-in-test.ts'
import type { GeneratorResult } from '../src/chaos/load/ipc.ts'
import { messageState } from '../src/chaos/load/message-log.ts'
import { account } from '../src/chaos/report/account.ts'
import { kfDialect } from '../src/chaos/targets/kf-dialect.ts'
import { LeanSocket } from '../src/chaos/user/lean.ts'
import { connect, lastSummary } from './support/client.ts'
import { removeFolder, startNode, type TestNode } from './support/node.ts'
import { waitUntil } from './support/wait.ts'

/** A virtual user who stops reading is cut off by a real server, as a page would be. The run's clock is the test's. */
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** The longest that a first return is put off. */
const firstBackoffMs = 300

test('a visitor of a bench that is cut with 4413 is counted, comes back, resumes, and loses nothing', async () => {
  const paused = vi.spyOn(LeanSocket.prototype, 'pause')
  const node = await startNode({ workers: 1 })
  cleanups.push(
    () => {
      removeFolder(dirname(node.data))
    },
    () => node.stop(),
  )
  const bench = await node.agents(1)
  const bob = await connect(node.wsUrl, { token: bench.agents[0]?.token ?? '' })
  cleanups.push(bob.terminate)
  const { hearing, advance } = oneSlowReader(Number(node.listen.split(':')[1]), bench.site.key)

  await advance()
  while (hearing.take('connected') === undefined) await advance(0)
  const { conversation } = await bob.next('conversation')
  const { epoch } = lastSummary(bob, conversation.id)
  const window = { startAt: 0, rampMs: 0, measureFrom: 0, measureTo: 1e9 }
  hearing.generator.handle({ t: 'start', window })
  while (paused.mock.calls.length === 0) await advance()

  await waitUntil('both sessions to be counted', async () => (await sessions(node)) === 2)
  const long = '很长的一段话'.repeat(1_300)
  while ((await sessions(node)) > 1)
    await Promise.all(
      Array.from({ length: 25 }, () => bob.say(long, { conversation: conversation.id, epoch })),
    )
  while ((await reported(hearing)).reconnects === 0) await advance()
  // Its backoff; the rest is the network's time, not the run's.
  await advance(firstBackoffMs)
  while ((await reported(hearing)).resumes === 0) await advance(0)
  await bob.say('and on it goes', { conversation: conversation.id, epoch })

  hearing.generator.handle({ t: 'drain', withinMs: 1e9 })
  while (hearing.take('drained') === undefined) await advance()
  hearing.generator.handle({ t: 'read-back', withinMs: 1e9 })
  await hearing.next('read')
  const result = await reported(hearing)
  expect(result).toMatchObject({ connectedVisitors: 1, reconnects: 1, resumes: 1 })
  expect(result.reasons).toEqual([
    { reason: 'closed 4413: the outbox is full: the client does not read', count: 1 },
  ])
  expect(result.messages.count).toBeGreaterThan(1)
  expect(result.messages.state.every((state) => state === messageState.acked)).toBe(true)
  expect(account([result], { delivers: false, stores: true })).toMatchObject({
    lost: 0,
    duplicated: 0,
    outOfOrder: 0,
    readBackAsked: 1,
    readBackComplete: 1,
  })
})

// Time stands still but for `advance`, which lets so much pass and then the loop turn.
function oneSlowReader(port: number, site: string) {
  let now = 0
  const tasks = new Set<() => void>()
  const hearing = startGenerator(
    planAt(port, {
      addresses: [{ host: '127.0.0.1', port, path: '/ws' }],
      visitors: 1,
      intervalMs: 200,
      site,
      ackWithinMs: 1e9,
      trouble: { reconnectPerMinute: 0, slowReaders: 1 },
    }),
    kfDialect,
    {
      now: () => now,
      every: (_ms, task) => {
        tasks.add(task)
        return () => tasks.delete(task)
      },
    },
  )
  cleanups.push(hearing.stop)
  hearing.generator.handle({ t: 'connect', who: 'visitors', perSecond: 1_000, withinMs: 1e9 })
  const advance = async (ms = 25): Promise<void> => {
    now += ms
    for (const task of [...tasks]) task()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { hearing, advance }
}

async function reported({ generator, next }: Hearing): Promise<GeneratorResult> {
  generator.handle({ t: 'report' })
  return (await next('result')).result
}

/** Live sessions of the only worker, as it reports them once a second. */
async function sessions(node: TestNode): Promise<number> {
  const metrics = await (await fetch(new URL('metrics', node.admin))).text()
  return Number(/^kf_worker_sessions\S* (\d+)/m.exec(metrics)?.[1])
}
