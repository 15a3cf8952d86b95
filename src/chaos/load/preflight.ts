import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { KfError } from '../../core/errors.ts'
import { availableMemory, descriptorLimit, fileSystemOf } from './machine.ts'
import { maxMessages, maxUsers } from './message-id.ts'

export type Wanted = {
  readonly visitors: number
  readonly agents: number
  /** Fixed by the operator; undefined: as many as the limits ask. */
  readonly workers: number | undefined
  readonly generators: number | undefined
  /** Most messages that visitors may send in the whole row. */
  readonly messages: number
  /** The server is started here too. */
  readonly ownServer: boolean
}

export type Facilities = { readonly descriptors: number; readonly memory: number | null }

export type Sizing = { readonly workers: number; readonly generators: number }

export function facilities(): Facilities {
  return { descriptors: descriptorLimit(), memory: availableMemory() }
}

// Descriptors a process needs beside its sockets: files, channels, engine threads, and room for uneven spread.
const spareDescriptors = 500
// A kernel may give one of two listeners a tenth more than its half.
const unevenSpread = 1.1
// Measured: 12 KB a socket in a generator, up to 30 KB in a server with its buffers, twice the kernel's own.
const bytesPerConnection = 64 * 1024

/**
 * How many processes the limits ask for. Throws `preflight` where a number fixed by the operator, or this machine, is too
 * small, saying what to raise.
 */
export function sizeUp(wanted: Wanted, found: Facilities): Sizing {
  const connections = wanted.visitors + wanted.agents
  const perProcess = found.descriptors - spareDescriptors
  if (perProcess < 100) {
    throw new KfError(
      'preflight',
      `a process may open ${found.descriptors} descriptors, too few for any load`,
      {
        hint: 'ulimit -n 65536',
      },
    )
  }
  const generators = Math.max(
    Math.ceil(connections / Math.min(perProcess, maxUsers)),
    Math.ceil(wanted.messages / maxMessages),
  )
  const workers = connections <= perProcess ? 1 : Math.ceil((connections * unevenSpread) / perProcess)
  requireAtLeast('--generators', wanted.generators, generators, connections, found.descriptors)
  if (wanted.ownServer) requireAtLeast('--workers', wanted.workers, workers, connections, found.descriptors)
  const memory = connections * bytesPerConnection * (wanted.ownServer ? 1 : 0.4)
  if (found.memory !== null && memory > found.memory) {
    throw new KfError(
      'preflight',
      `${connections} connections need about ${mebibytes(memory)}; ${mebibytes(found.memory)} are available`,
      {
        hint: 'lower --concurrency or free memory',
      },
    )
  }
  return { workers: wanted.workers ?? workers, generators: wanted.generators ?? generators }
}

export type DiskFacts = {
  readonly fileSystem: string
  /** Of a 4 KiB append and its sync. */
  readonly syncP50Ms: number
  readonly syncP99Ms: number
}

const syncs = 200

/** Appends and syncs in `folder`, as a store does for every commit. */
export function measureDisk(folder: string, now: () => number): DiskFacts {
  const path = join(folder, 'kf-bench-sync')
  const page = Buffer.alloc(4096, 0x6b)
  const times: number[] = []
  const file = openSync(path, 'w')
  try {
    for (let i = 0; i < syncs; i++) {
      const from = now()
      writeSync(file, page)
      fsyncSync(file)
      times.push(now() - from)
    }
  } finally {
    closeSync(file)
    rmSync(path, { force: true })
  }
  times.sort((a, b) => a - b)
  const at = (share: number): number => Math.round((times[Math.floor(syncs * share)] ?? 0) * 1000) / 1000
  return { fileSystem: fileSystemOf(folder), syncP50Ms: at(0.5), syncP99Ms: at(0.99) }
}

function requireAtLeast(
  option: string,
  given: number | undefined,
  needed: number,
  connections: number,
  descriptors: number,
): void {
  if (given === undefined || given >= needed) return
  throw new KfError(
    'preflight',
    `${option} ${given}: ${connections} connections need ${needed} processes, since each may open ${descriptors} descriptors`,
    {
      hint: `${option} ${needed}, or raise the limit: ulimit -n ${Math.ceil((connections / given) * unevenSpread) + spareDescriptors}`,
    },
  )
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024).toLocaleString('en')} MiB`
}
