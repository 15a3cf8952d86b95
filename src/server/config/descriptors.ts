import { readFileSync } from 'node:fs'

/** Descriptors a process needs beside its sockets: files, the store's reader, the link, the runtime. */
export const reservedDescriptors = 200

/** With fewer descriptors than this, one worker does not hold 20,000 visitors with their agents and a spare. */
export const roomyDescriptors = 40_000

/**
 * The limit of open files of this process, or undefined where the system does not tell (other than Linux).
 * Node raises its soft limit to the hard one when it starts.
 */
export function descriptorLimit(): number | undefined {
  try {
    const match = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
    if (match === null) return undefined
    return match[1] === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(match[1])
  } catch {
    return undefined
  }
}

/** Sockets that one worker can hold. */
export function socketsPerWorker(descriptors: number): number {
  return Math.max(0, descriptors - reservedDescriptors)
}

/** How many workers `sockets` need at this limit of descriptors. */
export function workersFor(sockets: number, descriptors: number): number {
  return Math.max(1, Math.ceil(sockets / Math.max(1, socketsPerWorker(descriptors))))
}

export type WorkerChoice = { readonly workers: number; readonly because: 'cores' | 'descriptors' }

/** One worker per core up to four; at least two where one could not hold 20,000 visitors. */
export function chooseWorkers(cores: number, descriptors: number | undefined): WorkerChoice {
  const byCores = Math.max(1, Math.min(cores, 4))
  if (byCores < 2 && descriptors !== undefined && descriptors < roomyDescriptors) {
    return { workers: 2, because: 'descriptors' }
  }
  return { workers: byCores, because: 'cores' }
}
