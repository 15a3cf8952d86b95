import { readdirSync, readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { basename } from 'node:path'

/** Readings from Linux's /proc. What cannot be read is null, never a guess. */

/** CPU seconds that a process has used, its threads included; null when it is gone. */
export function cpuSeconds(pid: number): number | null {
  const text = read(`/proc/${pid}/stat`)
  if (text === null) return null
  // The command's name may hold spaces and brackets; fields are counted from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Resident bytes of a process; null when it is gone. */
export function residentBytes(pid: number): number | null {
  const match = /VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`) ?? '')
  return match === null ? null : Number(match[1]) * 1024
}

/** The script a Node process runs, or another program's name; empty when it is gone. */
export function programOf(pid: number): string {
  const [program = '', ...args] = (read(`/proc/${pid}/cmdline`) ?? '').split('\0')
  const script = args.find((argument) => argument !== '' && !argument.startsWith('-'))
  return basename(script ?? program)
}

/** `roots` and all their descendants. */
export function processTree(roots: readonly number[]): readonly number[] {
  const children = new Map<number, number[]>()
  for (const entry of listProc()) {
    const text = read(`/proc/${entry}/stat`)
    if (text === null) continue
    const parent = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [entry])
    else siblings.push(entry)
  }
  const tree = new Set<number>()
  const add = (pid: number): void => {
    if (pid <= 0 || tree.has(pid)) return
    tree.add(pid)
    for (const child of children.get(pid) ?? []) add(child)
  }
  for (const root of roots) add(root)
  return [...tree]
}

export type MachineSample = {
  /** CPU seconds of all processes since boot: user, nice, system; interrupts belong to nobody and are left out. */
  readonly busy: number
  /** CPU seconds the hypervisor gave to others. */
  readonly steal: number
  /** Microseconds in which some task waited for a CPU, and in which all waited for memory or input and output. */
  readonly cpuPressureUs: number | null
  readonly memoryPressureUs: number | null
  readonly ioPressureUs: number | null
}

export function sampleMachine(): MachineSample {
  const fields = (read('/proc/stat') ?? '').split('\n')[0]?.split(/\s+/).map(Number) ?? []
  const ticks = (n: number): number => (fields[n] ?? 0) / ticksPerSecond
  return {
    busy: ticks(1) + ticks(2) + ticks(3),
    steal: ticks(8),
    cpuPressureUs: pressure('cpu', 'some'),
    memoryPressureUs: pressure('memory', 'full'),
    ioPressureUs: pressure('io', 'full'),
  }
}

/** Most descriptors a process of this user may open. */
export function descriptorLimit(): number {
  const match = /Max open files\s+(\d+)/.exec(read('/proc/self/limits') ?? '')
  return match === null ? 1024 : Number(match[1])
}

export function availableMemory(): number | null {
  const match = /MemAvailable:\s+(\d+) kB/.exec(read('/proc/meminfo') ?? '')
  return match === null ? null : Number(match[1]) * 1024
}

/** First and last ephemeral port. */
export function portRange(): readonly [number, number] {
  const match = /(\d+)\s+(\d+)/.exec(read('/proc/sys/net/ipv4/ip_local_port_range') ?? '')
  return match === null ? [32_768, 60_999] : [Number(match[1]), Number(match[2])]
}

/** The type of the file system that holds `path` (an absolute, resolved path). */
export function fileSystemOf(path: string): string {
  let best = { mount: '', type: 'unknown' }
  for (const line of (read('/proc/self/mounts') ?? '').split('\n')) {
    const [, mount, type] = line.split(' ')
    if (mount === undefined || type === undefined) continue
    const inside = path === mount || path.startsWith(mount.endsWith('/') ? mount : `${mount}/`)
    if (inside && mount.length >= best.mount.length) best = { mount, type }
  }
  return best.type
}

export type MachineFacts = {
  readonly cpu: string
  readonly cores: number
  readonly memory_bytes: number
  readonly kernel: string
}

export function machineFacts(): MachineFacts {
  const list = cpus()
  return {
    cpu: list[0]?.model ?? 'unknown',
    cores: list.length,
    memory_bytes: totalmem(),
    kernel: (read('/proc/sys/kernel/osrelease') ?? 'unknown').trim(),
  }
}

// USER_HZ is 100 on every Linux that Node runs on.
const ticksPerSecond = 100

function pressure(what: string, kind: 'some' | 'full'): number | null {
  const match = new RegExp(`${kind} .*total=(\\d+)`).exec(read(`/proc/pressure/${what}`) ?? '')
  return match === null ? null : Number(match[1])
}

function listProc(): readonly number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0)
  } catch {
    return []
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
