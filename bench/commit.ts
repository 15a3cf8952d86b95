import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../src/core/clock.ts'
import { cryptoRandomBytes, uuidv7 } from '../src/core/ids.ts'
import { openSqliteStore } from '../src/server/storage/sqlite/open.ts'
import { type Append, hashBody, type Store } from '../src/server/storage/store.ts'

/**
 * `node bench/commit.ts [--json]`: durable messages per second through the embedded store, 200 to a commit against one to a
 * commit, over 20,000 open conversations; fresh processes and folders, alternating. Also bytes of log per message.
 */
// Beside the project, not in a folder for temporary files: that may be memory, where syncs cost nothing.
const root = fileURLToPath(new URL('..', import.meta.url))
const conversations = 20_000
const batch = 200
const rounds = 5
const groupMessages = 80_000
const singleMessages = 1_500
const bodyText = '您好，我昨天买的外套还没有发货，订单号是 20480917，可以帮我查一下吗？谢谢'
const pageBytes = 4_096

type Sample = { readonly perSecond: number; readonly walBytes: number; readonly p99Ms: number }

const mode = process.argv[2]
if (mode === 'group' || mode === 'single') {
  const { perSecond, walBytes, p99Ms } = await sample(mode)
  console.log(perSecond, walBytes, p99Ms)
} else compare(process.argv.includes('--json'))

function compare(json: boolean): void {
  const samples = { group: [] as Sample[], single: [] as Sample[] }
  for (let round = 0; round < rounds; round++) {
    for (const kind of ['group', 'single'] as const) samples[kind].push(inFreshProcess(kind))
  }
  const group = median(samples.group.map((one) => one.perSecond))
  const single = median(samples.single.map((one) => one.perSecond))
  const walBytes = median(samples.group.map((one) => one.walBytes))
  const p99Ms = median(samples.group.map((one) => one.p99Ms))
  console.log(
    `group of ${batch}: ${Math.round(group)} messages/s, ${Math.round(walBytes)} B of log each, commit p99 ${p99Ms.toFixed(1)} ms`,
  )
  console.log(`one at a time: ${Math.round(single)} messages/s`)
  const ratio = Number((group / single).toFixed(1))
  if (!json) {
    console.log(
      `group commit is ${ratio} times as fast (${conversations} conversations, medians of ${rounds})`,
    )
    return
  }
  console.log(
    JSON.stringify({
      name: 'commit',
      ratio,
      unit: 'messages/s in groups of 200 ÷ one at a time',
      samples: samples.group.map((one, i) => one.perSecond / (samples.single[i]?.perSecond ?? Number.NaN)),
      messages_per_s: Math.round(group),
      wal_bytes_per_message: Math.round(walBytes),
      commit_p99_ms: p99Ms,
    }),
  )
}

function inFreshProcess(kind: 'group' | 'single'): Sample {
  const run = spawnSync(process.execPath, [fileURLToPath(import.meta.url), kind], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(run.stderr)
  const [perSecond = Number.NaN, walBytes = Number.NaN, p99Ms = Number.NaN] = run.stdout
    .split(' ')
    .map(Number)
  return { perSecond, walBytes, p99Ms }
}

async function sample(kind: 'group' | 'single'): Promise<Sample> {
  const folder = mkdtempSync(join(root, '.commit-'))
  const store = await openSqliteStore({ folder, clock: systemClock, random: cryptoRandomBytes })
  try {
    return await measure(store, await openConversations(store), folder, kind)
  } finally {
    await store.close()
    rmSync(folder, { recursive: true })
  }
}

async function openConversations(store: Store): Promise<readonly string[]> {
  const ids: string[] = []
  for (let from = 0; from < conversations; from += batch) {
    const outcomes = await store.commit(Array.from({ length: batch }, (_, i) => send(from + i)))
    for (const outcome of outcomes) if (outcome.status === 'stored') ids.push(outcome.conversation)
  }
  return ids
}

async function measure(
  store: Store,
  ids: readonly string[],
  folder: string,
  kind: 'group' | 'single',
): Promise<Sample> {
  const log = new DatabaseSync(join(folder, 'kf.db'), { readOnly: true })
  const frames = log.prepare('PRAGMA wal_checkpoint(NOOP)')
  const size = kind === 'group' ? batch : 1
  const total = kind === 'group' ? groupMessages : singleMessages
  const times: number[] = []
  let written = 0
  let last = Number(frames.get()?.['log'])
  for (let sent = 0; sent < total; sent += size) {
    const operations = Array.from({ length: size }, () => {
      const visitor = Math.floor(Math.random() * conversations)
      return send(visitor, ids[visitor])
    })
    const begin = performance.now()
    await store.commit(operations)
    times.push(performance.now() - begin)
    // The log begins anew after a checkpoint.
    const now = Number(frames.get()?.['log'])
    written += now < last ? now : now - last
    last = now
  }
  log.close()
  const elapsed = times.reduce((sum, time) => sum + time, 0)
  const p99Ms = times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0
  return { perSecond: (total / elapsed) * 1_000, walBytes: (written * pageBytes) / total, p99Ms }
}

function send(visitor: number, conversation?: string): Append {
  const id = `visitor-${visitor}`
  const body = JSON.stringify({ kind: 'text', text: bodyText })
  return {
    kind: 'append',
    id: uuidv7(Date.now()),
    site: 'site',
    sender: { role: 'visitor', id },
    visitor: { id, site: 'site', tokenHash: 'hash' },
    stream: 'public',
    body,
    bodyHash: hashBody('public', body),
    ...(conversation === undefined ? {} : { conversation }),
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
