import { mkdtemp, open, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf, messageOf } from '../../core/errors.ts'
import type { Texts } from '../i18n/texts.ts'
import type { Finding } from './finding.ts'

const syncs = 200
const writeBytes = 4096
/** Magic numbers of statfs(2): file systems that live in memory, where a sync costs and keeps nothing. */
const memoryFileSystems = new Map([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
])
const slowSyncMs = 20

/** Writes and syncs `syncs` pages in the data folder, as the store's log does, and says what that bounds. */
export async function diskFinding(data: string, texts: Texts['doctor']): Promise<Finding> {
  const base = { id: 'disk_sync', what: texts.disk }
  const folder = await nearestFolder(data)
  let scratch: string | undefined
  try {
    scratch = await mkdtemp(join(folder, '.kf-doctor-'))
    const { p50, p99 } = await measureSyncs(join(scratch, 'sync'))
    const inMemory = memoryFileSystems.get((await statfs(folder)).type)
    const value = texts.diskValue(p50.toFixed(2), p99.toFixed(2), folder)
    if (inMemory !== undefined) {
      return { ...base, status: 'warn', value, limits: texts.diskMemory(inMemory), fix: texts.diskMemoryFix }
    }
    const slow = p99 > slowSyncMs
    return {
      ...base,
      status: slow ? 'warn' : 'ok',
      value,
      limits: texts.diskLimits(p99.toFixed(1)),
      ...(slow ? { fix: texts.diskFix } : {}),
    }
  } catch (error) {
    const full = codeOf(error) === 'ENOSPC'
    return {
      ...base,
      status: 'fail',
      value: `${folder}: ${messageOf(error)}`,
      fix: full ? texts.diskFullFix : texts.diskUnwritableFix,
    }
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true })
  }
}

async function measureSyncs(file: string): Promise<{ readonly p50: number; readonly p99: number }> {
  const page = Buffer.alloc(writeBytes, 7)
  const times: number[] = []
  const handle = await open(file, 'w')
  try {
    for (let i = 0; i < syncs; i++) {
      await handle.write(page, 0, writeBytes, i * writeBytes)
      const before = performance.now()
      await handle.sync()
      times.push(performance.now() - before)
    }
  } finally {
    await handle.close()
  }
  times.sort((a, b) => a - b)
  return { p50: times[Math.floor(syncs / 2)] ?? 0, p99: times[Math.floor(syncs * 0.99)] ?? 0 }
}

// Before the first start the data folder is absent: its parent stands for it, being the same disk in general.
async function nearestFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined)
    if (found?.isDirectory() === true || folder === dirname(folder)) return folder
  }
}
