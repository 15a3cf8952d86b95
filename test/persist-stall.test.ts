import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, connect, newId } from './support/client.ts'
import { type BenchSite, freshFolder, removeFolder, startNode, type TestNode } from './support/node.ts'
import { brokenPromises, readBack } from './support/promises.ts'
import { createUser, type User } from './support/user.ts'
import { waitUntil } from './support/wait.ts'

/**
 * The writer stands still for 5 s under load (SIGSTOP, read back from /proc): what cannot be stored is refused in time, memory
 * stays bounded, no ack is false, the order of every sender holds, and all of it is stored when the writer goes on.
 */
const stallMs = 5_000
const pipeline = { queue: 512, target: '200ms', interval: '400ms' }
const visitors = 24
const floods = 16
/** Beside what the queues hold, young objects: V8 lets them grow to three times its semi-space of 64 MiB. */
const mostGrownBytes = 256 * 1024 * 1024

const folder = freshFolder()
let node: TestNode
let bench: BenchSite

beforeAll(async () => {
  mkdirSync(join(folder, 'configs'))
  const keys = [
    `queue = ${pipeline.queue}`,
    `batch = ${pipeline.queue}`,
    `target = "${pipeline.target}"`,
    `interval = "${pipeline.interval}"`,
  ]
  writeFileSync(join(folder, 'configs', 'server.toml'), `[pipeline.persist]\n${keys.join('\n')}\n`)
  node = await startNode({
    workers: 1,
    data: join(folder, 'data'),
    flags: ['--config', join(folder, 'configs')],
  })
  bench = await node.agents(1)
})

afterAll(async () => {
  await node.stop()
  removeFolder(folder)
})

test('a store that stands still for 5 s: busy in time, memory bounded, order kept, no false ack, full recovery', async () => {
  const people = Array.from({ length: visitors }, () => createUser(node.wsUrl, { site: bench.site.key }))
  const probes = await Promise.all(
    Array.from({ length: floods }, () => connect(node.wsUrl, { site: bench.site.key })),
  )
  await Promise.all(probes.map((probe) => probe.say('before')))
  const talk = setInterval(() => {
    for (const user of people) say(user)
  }, 50)
  await waitUntil('the first report of the worker', async () => (await metric(shedding)) === 0)
  await waitUntil('everyone to have been acked', () => people.every((user) => user.outcomes.size > 0))

  const { writer } = node.pids
  const [worker = 0] = node.pids.workers
  const rssBefore = rssOf(worker)
  process.kill(writer, 'SIGSTOP')
  await waitUntil('the writer to stand still', () => stateOf(writer) === 'T')
  const since = performance.now()
  const sentBefore = new Set(people.flatMap(({ sent }) => sent))

  // Many connections, each sending as fast as the worker answers: their ids are not sent again.
  const flood = setInterval(() => {
    for (const probe of probes) for (let n = 0; n < 8; n++) ask(probe)
  }, 10)
  let mostRss = 0
  let mostWaiting = 0
  await waitUntil('the stall to be over', async () => {
    mostRss = Math.max(mostRss, rssOf(worker))
    mostWaiting = Math.max(
      mostWaiting,
      await metric('kf_stage_queue{role="worker",worker="0",stage="persist"}'),
    )
    return performance.now() - since >= stallMs
  })
  clearInterval(flood)
  const falselyAcked = people.flatMap(({ outcomes, sent }) =>
    sent.filter((id) => !sentBefore.has(id) && outcomes.get(id)?.status === 'acked'),
  )
  const acksInStall = probes.flatMap((probe) => probe.all('ack').slice(1))
  const refusals = probes.flatMap((probe) => probe.all('error'))
  const answeredBefore = people.map(({ outcomes }) => outcomes.size)
  process.kill(writer, 'SIGCONT')

  expect({ falselyAcked, acksInStall }).toEqual({ falselyAcked: [], acksInStall: [] })
  expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['busy']))
  expect(refusals.every(({ retry_after_ms: after }) => after !== undefined && after >= 150)).toBe(true)
  expect(mostWaiting).toBeGreaterThan(0)
  expect(mostWaiting).toBeLessThanOrEqual(pipeline.queue)
  expect(mostRss - rssBefore).toBeLessThan(mostGrownBytes)
  expect(stateOf(writer)).not.toBe('Z')

  await waitUntil('everyone to be acked again', () =>
    people.every(({ outcomes }, n) => outcomes.size > (answeredBefore[n] ?? 0)),
  )
  clearInterval(talk)
  await waitUntil('everything to be stored', () =>
    people.every(({ sent, outcomes }) => sent.every((id) => outcomes.get(id)?.status === 'acked')),
  )
  await waitUntil('nothing to be refused any more', async () => (await metric(shedding)) === 0)
  expect(node.pids.writer).toBe(writer)
  expect(brokenPromises(people, await readBack(node.wsUrl, bench, people, []))).toEqual([])
  expect(await unknownMetrics()).toEqual([])
  for (const probe of probes) probe.terminate()
  for (const { session } of people) session.stop()
})

const shedding = 'kf_worker_shedding{worker="0"}'

function say(user: User): void {
  user.sent.push(user.session.send(undefined, { kind: 'text', text: `第 ${user.sent.length + 1} 句` }))
}

const long = '很长的一段话'.repeat(500)

function ask(probe: Client): void {
  probe.send({ type: 'send', id: newId(), body: { kind: 'text', text: long } })
}

async function metricsText(): Promise<string> {
  return (await fetch(new URL('metrics', node.admin))).text()
}

async function metric(name: string): Promise<number> {
  const line = (await metricsText()).split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.split(' ').at(-1) ?? Number.NaN)
}

/** Whatever a node exposes stands in docs/metrics.md. */
async function unknownMetrics(): Promise<readonly string[]> {
  const page = readFileSync(new URL('../docs/metrics.md', import.meta.url), 'utf8')
  const names = (await metricsText()).matchAll(/^# TYPE (\S+) /gm)
  return Array.from(names, (match) => match[1] ?? '').filter((name) => !page.includes(`| \`${name}\` |`))
}

function stateOf(pid: number): string {
  return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '?'
}

function rssOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}
