import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Certain, readTrace } from '../../../chaos/fault/process/sync-trace.ts'
import { systemClock } from '../../../core/clock.ts'
import { codeOf } from '../../../core/errors.ts'
import { cryptoRandomBytes } from '../../../core/ids.ts'
import { openSqliteStore } from './open.ts'

/**
 * SIGKILL alone tests nothing about syncs: the kernel keeps what was written. So the writer runs under a trace of its writes and
 * syncs, is killed, and its files are cut back to what was synced by then; the rest may be lost when the power goes.
 */
const traceable = spawnSync('strace', ['-f', '-o', '/dev/null', '-e', 'trace=none', 'true']).status === 0
const suite = traceable ? describe : describe.skip
if (!traceable)
  console.warn('The power-cut tests are skipped: strace may not run here. Install it: apt-get install strace')

const child = new URL('./power-cut/child.ts', import.meta.url).pathname

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kf-power-'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

suite('when the power goes', () => {
  // The later ones come after checkpoints, and amid the writing over of the log.
  test.each([1, 60, 200, 333])('nothing is lost that was acked by the %i. batch', async (batches) => {
    const run = await killedAfter(batches, 'none')
    expect(run.acked.length).toBeGreaterThanOrEqual(batches * 20)
    expect(cut(run).syncs).toBeGreaterThanOrEqual(batches)
    expect(await missing(run.acked)).toEqual([])
  })

  test('what a writer finds unsynced after a kill, it syncs before it acks it again', async () => {
    const unsynced = await killedAfter(40, 'no-sync')
    const recovered = await killedAfter(1, 'recover')
    expect(recovered.acked).toEqual(expect.arrayContaining([...unsynced.acked]))
    cut({ ...recovered, trace: `${unsynced.trace}\n${recovered.trace}` })
    expect(await missing(recovered.acked)).toEqual([])
  })

  test('with syncs turned off, the same test goes red', async () => {
    const run = await killedAfter(120, 'no-sync')
    expect(cut(run).syncs).toBe(0)
    expect(await missing(run.acked)).toEqual(run.acked)
  })

  test('a sync that fails stops the writer for good, and loses nothing that was acked', async () => {
    const run = await traced('none', ['-e', 'inject=fsync:error=EIO:when=40'], Number.POSITIVE_INFINITY)
    expect(run.failures).toEqual(['store_failed', 'store_failed'])
    cut(run)
    expect(run.acked.length).toBeGreaterThan(0)
    expect(await missing(run.acked)).toEqual([])
  })

  test('a full disk is answered unavailable; with room again the writer goes on, and nothing acked is lost', async () => {
    const run = await traced('none', ['-e', 'inject=pwrite64:error=ENOSPC:when=1000..1001'], 120)
    expect(run.failures).toEqual(['unavailable', 'unavailable'])
    cut(run)
    expect(await missing(run.acked)).toEqual([])
  })
})

type Run = { readonly acked: readonly string[]; readonly failures: readonly string[]; readonly trace: string }

function folder(): string {
  return join(root, 'data')
}

function killedAfter(batches: number, breakName: string): Promise<Run> {
  return traced(breakName, [], batches)
}

/** Ends when the child does, or kills it once it has acked so many batches. */
async function traced(breakName: string, options: readonly string[], killAfter: number): Promise<Run> {
  const log = join(root, 'trace')
  const paths = ['kf.db', 'kf.db-wal'].flatMap((name) => ['-P', join(folder(), name)])
  const args = [
    '-f',
    '-y',
    '-s',
    '0',
    '-e',
    'trace=pwrite64,ftruncate,fsync,fdatasync',
    '-o',
    log,
    ...paths,
    ...options,
  ]
  const strace = spawn('strace', [...args, process.execPath, child, folder(), breakName], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(strace, 'exit')
  const acked: string[] = []
  const failures: string[] = []
  let batches = 0
  let pid = 0
  for await (const line of createInterface({ input: strace.stdout })) {
    const [word = '', ...rest] = line.split(' ')
    if (word === 'pid') pid = Number(rest[0])
    if (word === 'failed') failures.push(...rest)
    if (word !== 'ack') continue
    acked.push(...rest)
    if (++batches === killAfter) process.kill(pid, 'SIGKILL')
  }
  await ended
  return { acked, failures, trace: readFileSync(log, 'utf8') }
}

/** Takes from the files what the trace does not vouch for; what it knows of the log. */
function cut({ trace }: Run): Certain {
  const files = readTrace(trace)
  const nothing: Certain = { syncedLength: 0, uncertain: [], syncs: 0 }
  for (const name of ['kf.db', 'kf.db-wal']) {
    const path = join(folder(), name)
    if (statSync(path, { throwIfNoEntry: false }) === undefined) continue
    const { syncedLength, uncertain } = files.get(path) ?? nothing
    const descriptor = openSync(path, 'r+')
    for (const { from, to } of uncertain) writeSync(descriptor, Buffer.alloc(to - from), 0, to - from, from)
    if (statSync(path).size > syncedLength) ftruncateSync(descriptor, syncedLength)
    closeSync(descriptor)
  }
  rmSync(join(folder(), 'kf.db-shm'), { force: true })
  return files.get(join(folder(), 'kf.db-wal')) ?? nothing
}

/** Which of the ids a new writer does not find; all, when it finds no store. */
async function missing(acked: readonly string[]): Promise<readonly string[]> {
  const store = await openSqliteStore({
    folder: folder(),
    clock: systemClock,
    random: cryptoRandomBytes,
  }).catch((error: unknown) => {
    if (codeOf(error) === 'store_corrupt') return undefined
    throw error
  })
  if (store === undefined) return acked
  const found = new Set(store.replay(0, 1_000_000).map((message) => message.id))
  await store.close()
  return acked.filter((id) => !found.has(id))
}
