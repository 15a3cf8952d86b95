import { readdirSync, readFileSync } from 'node:fs'

/** What Linux's /proc says of one process; the guard runs on nothing but this. */
export type ProcessFacts = {
  /** One letter: R, S, D, T (stopped), t (traced), Z … */
  readonly state: string
  readonly parent: number
  readonly group: number
  /** Ticks since boot at its start, field 22 of its stat: with the pid, its identity. */
  readonly startedAt: string
}

/** Undefined when there is no such process, or only its zombie. */
export function processFacts(pid: number): ProcessFacts | undefined {
  const text = readOr(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  // NOTE: the command's name may hold spaces and brackets; fields are counted from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state = 'Z', parent = '0', group = '0'] = fields
  if (state === 'Z' || state === 'X') return undefined
  return { state, parent: Number(parent), group: Number(group), startedAt: fields[19] ?? '' }
}

/** Whether the process of then is still there, and not another that got its number. */
export function isSameProcess(pid: number, startedAt: string): boolean {
  return startedAt !== '' && processFacts(pid)?.startedAt === startedAt
}

/** Direct children, of all its threads. */
export function childrenOf(pid: number): readonly number[] {
  return (readOr(`/proc/${pid}/task/${pid}/children`) ?? '').trim().split(/\s+/).filter(Boolean).map(Number)
}

/** Processes of a group that run, whoever leads it; zombies are none. */
export function membersOf(group: number): readonly number[] {
  const pids = readdirSync('/proc').map(Number)
  return pids.filter((pid) => pid > 0 && processFacts(pid)?.group === group)
}

export function commandLineOf(pid: number): string {
  return readOr(`/proc/${pid}/cmdline`) ?? ''
}

/** `NAME=value` each, as it was started. */
export function environmentOf(pid: number): readonly string[] {
  return (readOr(`/proc/${pid}/environ`) ?? '').split('\0')
}

/** Sends a signal to a process or, negative, to a group; false when there is nobody to get it. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  // NOTE: 0 is the own group, -1 everybody.
  if (Math.abs(pid) <= 1) return false
  try {
    process.kill(pid, name)
    return true
  } catch {
    return false
  }
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
