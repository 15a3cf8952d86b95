import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { FaultContext, Injected } from '../fault.ts'
import { folderOf, nodeNamed, serving, writerOf } from './nodes.ts'
import { attachTrace, countInjected } from './strace.ts'

/** The files that the writer commits to, by their real paths. */
export async function storeFiles(dataFolder: string): Promise<{ readonly db: string; readonly wal: string }> {
  const folder = await realpath(dataFolder)
  return { db: join(folder, 'kf.db'), wal: join(folder, 'kf.db-wal') }
}

export const writing = ['pwrite64', 'fallocate'] as const
export const syncing = ['fsync', 'fdatasync'] as const

/**
 * Does something to the store's system calls, of the writer and of any that replaces it, until healed. Proof is strace's own count
 * of the calls that it changed.
 */
export async function onStoreCalls(
  context: FaultContext,
  on: string,
  calls: readonly string[],
  inject: string,
): Promise<Injected> {
  const node = nodeNamed(context.topology, on)
  const { db, wal } = await storeFiles(folderOf(node))
  const { supervisor, writer } = await writerOf(node)
  const trace = await attachTrace(context, { pids: [supervisor, writer], files: [db, wal], calls, inject })
  return {
    verify: () => {
      const count = countInjected(trace.text())
      return Promise.resolve(count === 0 ? undefined : `strace: ${count} calls got ${inject}`)
    },
    heal: async () => {
      await trace.detach()
      await serving(node, context.clock)
    },
  }
}
