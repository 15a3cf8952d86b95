import { copyFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import { type Hearing, planAt, startGenerator } from '../src/chaos/load/generator-in-test.ts'
import type { GeneratorResult } from '../src/chaos/load/ipc.ts'
import { account } from '../src/chaos/report/account.ts'
import { kfDialect } from '../src/chaos/targets/kf-dialect.ts'
import { removeFolder, startNode, type TestNode } from './support/node.ts'

/** Virtual users meet a store that was restored: they forget what they held of the other one, and follow this one. */
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const visitors = 5

test('a store restored from a backup costs a bench what the backup lacks, and makes no hole, no double and no disorder', async () => {
  const first = await started({})
  const bench = await first.agents(1)
  const { listen, data } = first
  cleanups.unshift(() => {
    removeFolder(dirname(data))
  })
  const hearing = talking(Number(listen.split(':')[1]), bench.site.key, bench.agents[0]?.token ?? '')
  await everybodyThere(hearing)
  await first.stop()
  copyFileSync(join(data, 'kf.db'), join(data, 'backup.db'))

  const second = await started({ data, listen })
  await everybodyThere(hearing)
  await second.stop()
  const dropped = messagesIn(join(data, 'kf.db')) - messagesIn(join(data, 'backup.db'))
  expect(dropped).toBeGreaterThan(0)
  restore(data)

  await started({ data, listen })
  await everybodyThere(hearing)
  const result = await ended(hearing)
  const found = account([result], { delivers: true, stores: true })
  expect(found).toMatchObject({
    undelivered: 0,
    duplicated: 0,
    outOfOrder: 0,
    answersUnacked: 0,
    readBackAsked: visitors,
    readBackComplete: visitors,
  })
  // What was stored and lost before its ack could be told was sent again.
  expect(found.lost).toBeGreaterThan(0)
  expect(found.lost).toBeLessThanOrEqual(dropped)
  expect(result.reasons).toContainEqual({ reason: 'the server sent reset', count: visitors })
})

async function started(options: Parameters<typeof startNode>[0]): Promise<TestNode> {
  const node = await startNode({ workers: 1, ...options })
  cleanups.push(() => node.stop())
  return node
}

function talking(port: number, site: string, token: string): Hearing {
  const hearing = startGenerator(
    planAt(port, {
      addresses: [{ host: '127.0.0.1', port, path: '/ws' }],
      intervalMs: 40,
      site,
      visitors,
      agentTokens: [token],
      answers: true,
      ackWithinMs: 60_000,
      zeroWallMs: Date.now(),
    }),
    kfDialect,
  )
  cleanups.push(hearing.stop)
  for (const who of ['agents', 'visitors'] as const)
    hearing.generator.handle({ t: 'connect', who, perSecond: 1_000, withinMs: 20_000 })
  const at = performance.now()
  hearing.generator.handle({
    t: 'start',
    window: { startAt: at, rampMs: 0, measureFrom: at, measureTo: at + 600_000 },
  })
  return hearing
}

// Whole seconds in which all were there, and said something.
async function everybodyThere({ next }: Hearing): Promise<void> {
  for (let seconds = 0; seconds < 2; ) {
    const { progress } = await next('progress')
    const all = progress.visitors === visitors && progress.agents === 1 && progress.acked > 0
    seconds = all ? seconds + 1 : 0
  }
}

async function ended({ generator, next }: Hearing): Promise<GeneratorResult> {
  generator.handle({ t: 'drain', withinMs: 30_000 })
  await next('drained')
  generator.handle({ t: 'read-back', withinMs: 30_000 })
  await next('read')
  generator.handle({ t: 'report' })
  return (await next('result')).result
}

// What a restore does: an older copy of the store, under an incarnation of its own.
function restore(data: string): void {
  copyFileSync(join(data, 'backup.db'), join(data, 'kf.db'))
  const db = new DatabaseSync(join(data, 'kf.db'))
  db.exec("UPDATE meta SET incarnation = 'restored'")
  db.close()
}

function messagesIn(path: string): number {
  const db = new DatabaseSync(path)
  const row = db.prepare('SELECT count(*) AS n FROM message').get()
  db.close()
  return Number(row?.['n'])
}
