import { open, rm, stat } from 'node:fs/promises'
import { z } from 'zod'
import { KfError } from '../../../core/errors.ts'
import { milliseconds } from '../../yaml/values.ts'
import type { FaultKind } from '../fault.ts'
import { backAfter, folderOf, nodeNamed, until, writerOf } from './nodes.ts'
import { storeFiles, syncing } from './store-fault.ts'
import { attachTrace } from './strace.ts'
import { type Certain, readTrace } from './sync-trace.ts'

const params = z.strictObject({
  down: milliseconds(0, 600_000)
    .prefault('1s')
    .meta({ description: 'How long it stays down. 1s by default.' }),
})

const commitsSeen = 3
const commitsWithinMs = 15_000
const unsyncedForMs = 3_000
const mostDrawn = 20

export const powerCut: FaultKind<z.infer<typeof params>> = {
  name: 'power_cut',
  describe: {
    en: 'Kills a node and takes from its store what was not synced, as a disk without power would leave it.',
    zh: '杀死节点，并从其存储中去掉未同步的内容，如同磁盘断电后的样子。',
  },
  on: 'node',
  needs: ['strace'],
  params,
  momentary: true,
  showsWithinMs: 5_000,
  inject: async (context, on, { down }) => {
    const { topology, clock, random } = context
    const node = nodeNamed(topology, on)
    const { db, wal } = await storeFiles(folderOf(node))
    const files = [db, wal]
    const { supervisor, writer } = await writerOf(node)
    // Between a batch's writes and its sync is when the power hurts most: there the writer dies, and all the rest at once with it.
    const when = commitsSeen + Math.floor(random() * mostDrawn)
    const trace = await attachTrace(context, {
      pids: [supervisor, writer],
      files,
      calls: ['pwrite64', 'ftruncate', ...syncing],
      into: syncing,
      inject: `signal=SIGKILL:when=${when}`,
    })
    let lost = ''
    try {
      const before = await syncNow(files)
      const began = clock.monotonic()
      const isTime = (): boolean => {
        const text = trace.text()
        if (text.includes('+++ killed by SIGKILL +++')) return true
        // A store that writes and never syncs has its power cut all the same.
        return clock.monotonic() - began >= unsyncedForMs && text.includes('pwrite64(')
      }
      if (!(await until(clock, commitsWithinMs, isTime))) throw nothingCommitted()
      await node.kill('node')
      await trace.ended()
      const certain = readTrace(trace.text(), before)
      const parts: string[] = []
      for (const file of files) parts.push(await cutBack(file, certain.get(file)))
      // Of the log's index nothing is worth keeping: it is made anew from the log.
      await rm(`${db}-shm`, { force: true })
      lost = `after ${certain.get(wal)?.syncs ?? 0} syncs seen: ${parts.join(', ')}`
    } catch (error) {
      await trace.detach()
      throw error
    }
    return { verify: () => Promise.resolve(lost), heal: backAfter(node, clock, down) }
  },
}

/**
 * Before the trace nothing is known of what was synced, so it is synced here, and counts as certain; what is written from now on
 * has to be synced by the writer itself. Sizes by path.
 */
async function syncNow(files: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>()
  for (const file of files) {
    const handle = await open(file, 'r+')
    try {
      await handle.sync()
      sizes.set(file, (await handle.stat()).size)
    } finally {
      await handle.close()
    }
  }
  return sizes
}

/** In words, how much it took. */
async function cutBack(file: string, certain: Certain | undefined): Promise<string> {
  const name = file.slice(file.lastIndexOf('/') + 1)
  if (certain === undefined) return `${name} untouched`
  const { size } = await stat(file)
  const handle = await open(file, 'r+')
  try {
    for (const { from, to } of certain.uncertain)
      await handle.write(Buffer.alloc(to - from), 0, to - from, from)
    if (size > certain.syncedLength) await handle.truncate(certain.syncedLength)
    await handle.sync()
  } finally {
    await handle.close()
  }
  const wiped = certain.uncertain.reduce((sum, { from, to }) => sum + to - from, 0)
  return `${name} cut from ${size} to ${Math.min(size, certain.syncedLength)} bytes, ${wiped} wiped`
}

function nothingCommitted(): KfError {
  return new KfError(
    'nothing_committed',
    `the store wrote nothing within ${commitsWithinMs} ms, so that a power cut would prove nothing`,
    { hint: 'give the workload more messages' },
  )
}
