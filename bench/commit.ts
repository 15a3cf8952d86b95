import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Store } from '../src/server/storage/store.ts'
import { type Claim, type Figures, median, quotients, rounded, series } from './support/claim.ts'
import { appendOf, freshStore, openConversations } from './support/store.ts'

const batch = 200
const pageBytes = 4_096

/** Durable messages per second through the embedded store, 200 to a commit against one to a commit; bytes of log per message. */
export const commit: Claim = {
  name: 'commit',
  title: `${batch} messages to a commit against one, through the embedded store on a disk`,
  unit: `messages/s in groups of ${batch} ÷ one at a time`,
  rounds: 3,
  warmUps: 0,
  needsBuild: false,
  variants: () => ['group', 'single'],
  sample: async (variant, bench) => {
    const folder = bench.folder()
    const store = await freshStore(folder)
    bench.defer(() => store.close())
    const ids = await openConversations(store, bench.options.quick ? 400 : 20_000)
    const quick = bench.options.quick ? 20 : 1
    return await (variant === 'group'
      ? measure(store, ids, folder, { size: batch, total: 80_000 / quick })
      : measure(store, ids, folder, { size: 1, total: 1_500 / quick }))
  },
  conclude: (rounds) => {
    const [group, single] = [series(rounds, 'group', 'per_second'), series(rounds, 'single', 'per_second')]
    const samples = quotients(group, single)
    return {
      ratio: median(samples),
      samples,
      figures: {
        messages_per_s: Math.round(median(group)),
        single_messages_per_s: Math.round(median(single)),
        wal_bytes_per_message: Math.round(median(series(rounds, 'group', 'wal_bytes'))),
        commit_p99_ms: rounded(median(series(rounds, 'group', 'p99_ms'))),
      },
      bounds: [],
      invalid: null,
    }
  },
}

async function measure(
  store: Store,
  ids: readonly string[],
  folder: string,
  { size, total }: { readonly size: number; readonly total: number },
): Promise<Figures> {
  const log = new DatabaseSync(join(folder, 'kf.db'), { readOnly: true })
  const frames = log.prepare('PRAGMA wal_checkpoint(NOOP)')
  const times: number[] = []
  let written = 0
  let last = Number(frames.get()?.['log'])
  for (let sent = 0; sent < total; sent += size) {
    const operations = Array.from({ length: size }, () => {
      const visitor = Math.floor(Math.random() * ids.length)
      return appendOf(visitor, ids[visitor])
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
  return {
    per_second: (total / elapsed) * 1_000,
    wal_bytes: (written * pageBytes) / total,
    p99_ms: times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0,
  }
}
