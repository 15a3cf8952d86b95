import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { KfError, messageOf } from '../../../core/errors.ts'
import type { FaultContext } from '../fault.ts'
import { ownPrefix } from '../guard-steps.ts'
import { isSameProcess, processFacts, signal } from '../proc.ts'
import { until } from './nodes.ts'

export type TraceOptions = {
  readonly pids: readonly number[]
  /** Of the store; in a folder of the run, which gets the trace too. */
  readonly files: readonly string[]
  readonly calls: readonly string[]
  /** What is done to them, or to `into` alone, such as `error=EIO`. */
  readonly inject?: string
  readonly into?: readonly string[]
}

export type Trace = {
  /** So far, a line a call. */
  readonly text: () => string
  readonly isAttached: () => boolean
  /** Lets the processes go; idempotent. Throws `not_healed` when strace will not. */
  readonly detach: () => Promise<void>
  /** Resolves when all that it traced have died and the trace is whole. Throws `trace_open` after 10 s. */
  readonly ended: () => Promise<void>
}

const attachWithinMs = 10_000
const endWithinMs = 10_000
const detachWithinMs = 5_000

/** strace exists here and may trace. Throws `strace_missing`. */
export async function attachTrace({ undo, clock }: FaultContext, options: TraceOptions): Promise<Trace> {
  const { pids, files, calls, inject, into = calls } = options
  const folder = await mkdtemp(join(dirname(dirname(files[0] ?? '')), `${ownPrefix}trace-`))
  const file = join(folder, 'trace')
  const args = [
    // Children too: a writer that replaces one must meet the same disk.
    ...['-f', '-y', '-s', '0', '-o', file, '-e', `trace=${calls.join(',')}`],
    ...(inject === undefined ? [] : ['-e', `inject=${into.join(',')}:${inject}`]),
    ...files.flatMap((path) => ['-P', path]),
    ...pids.flatMap((pid) => ['-p', String(pid)]),
  ]
  // It waits for a line before it becomes strace, so that what undoes it is in the log before it does anything.
  const child = spawn('sh', ['-c', 'read -r go && exec strace "$@"', 'sh', ...args], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  })
  let said = ''
  let over = false
  child.stdin.on('error', () => undefined)
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-20_000)
  })
  child.once('exit', () => {
    over = true
  })
  child.once('error', (error) => {
    said += `${messageOf(error)}\n`
    over = true
  })
  const { pid } = child
  if (pid === undefined) throw cannotTrace('sh: not found')
  const { startedAt = '' } = processFacts(pid) ?? {}
  const healed = await undo({ do: 'kill', pid, startedAt, what: 'strace' })
  child.stdin.end('go\n')

  const gone = (ms: number): Promise<boolean> =>
    until(clock, ms, () => over || !isSameProcess(pid, startedAt))
  const detach = async (): Promise<void> => {
    // On SIGTERM it takes its hands off; killed, the kernel takes them off.
    if (!over) signal(pid, 'SIGTERM')
    if (!(await gone(detachWithinMs))) signal(pid, 'SIGKILL')
    if (!(await gone(detachWithinMs)))
      throw new KfError('not_healed', `strace, process ${pid}, does not let go`)
    await healed.done()
  }
  const attached = (): boolean => pids.every((one) => said.includes(`Process ${one} attached`))
  await until(clock, attachWithinMs, () => over || attached())
  // What it kills at once, it has attached to, and is over.
  if (!attached()) {
    await detach()
    throw cannotTrace(said)
  }
  return {
    text: () => read(file),
    isAttached: () => !over,
    detach,
    ended: async () => {
      if (!(await gone(endWithinMs)))
        throw new KfError('trace_open', 'strace still waits for processes that were killed')
      await healed.done()
    },
  }
}

/** Calls to which something was done, by strace's own account. */
export function countInjected(text: string): number {
  return text.split('\n').filter((line) => /\((?:INJECTED|DELAYED)\)$/.test(line)).length
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function cannotTrace(said: string): KfError {
  const missing = /not found/.test(said)
  const why = said.trim().split('\n').slice(-3).join('; ')
  return new KfError(
    missing ? 'strace_missing' : 'strace_refused',
    missing
      ? 'this fault needs strace, which is not on this machine'
      : `strace may not trace the node: ${why}`,
    {
      hint: missing
        ? 'apt-get install strace'
        : 'run kf as root or with CAP_SYS_PTRACE; containers may forbid it',
      params: { why },
    },
  )
}
