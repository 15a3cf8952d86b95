import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { KfError, messageOf } from '../../core/errors.ts'
import type { UndoHandle, UndoStep } from './fault.ts'
import { type Healed, healLog, undoFile, undoFiles } from './guard-heal.ts'
import { type ChaosLock, lockChaos } from './guard-lock.ts'
import { createUndoLog, type UndoLog } from './undo.ts'

export type GuardOptions = {
  /** Of this user, on a disk that outlives the run: lock and undo logs. */
  readonly stateFolder: string
  readonly scenario: string
  /** Names this run in the folder: letters, digits, dashes. */
  readonly run: string
  readonly pid: number
  /** Node. */
  readonly program: string
  /** From the first `undo` on: then the guard heals everything, whatever the run is doing. */
  readonly ttlMs: number
  /** The ttl is over and everything was healed: the run has to end. */
  readonly onTtl: (healed: Healed) => void
  /** The guard died: nothing may be injected any more. */
  readonly onTrouble: (trouble: KfError) => void
}

export type Guard = {
  /** For faults: the step is synced before it resolves, and the ttl runs from the first one on. */
  readonly undo: (step: UndoStep) => Promise<UndoHandle>
  /** For what stands the whole run: nodes, Toxiproxy, folders. */
  readonly keep: (step: UndoStep) => Promise<UndoHandle>
  /** Heals all that is open, and frees the lock. Idempotent; what would not heal stays in the log for `kf chaos heal`. */
  readonly close: () => Promise<Healed>
}

const readyWithinMs = 10_000
const endWithinMs = 30_000
// The build rewrites this address, so it stays literal.
const script = new URL('./guard-process.ts', import.meta.url)

/**
 * Takes the machine for one run: refuses a second one (`chaos_running`), heals what an earlier one has left (`not_healed` when
 * that fails), and starts the guard process. Throws `state_folder`, `undo_log`, `guard_start`.
 */
export async function startGuard(options: GuardOptions): Promise<Guard> {
  const lock = lockChaos(options.stateFolder, `${options.scenario}, process ${options.pid}`)
  let log: UndoLog | undefined
  try {
    const { left } = await healAll(options.stateFolder)
    if (left.length > 0) throw leftovers(left)
    log = await createUndoLog(undoFile(options.stateFolder, options.run))
    const child = await startProcess(options, log.file)
    return guardOf(options, lock, log, child)
  } catch (error) {
    await log?.close()
    lock.release()
    throw error
  }
}

/** What an earlier run has left is healed, for `kf chaos heal`. Throws `chaos_running`, `state_folder`. */
export async function healLeftovers(stateFolder: string, pid: number): Promise<Healed> {
  const lock = lockChaos(stateFolder, `kf chaos heal, process ${pid}`)
  try {
    return await healAll(stateFolder)
  } finally {
    lock.release()
  }
}

async function healAll(stateFolder: string): Promise<Healed> {
  const results: Healed[] = []
  for (const file of await undoFiles(stateFolder)) results.push(await healLog(file))
  return {
    healed: results.reduce((sum, { healed }) => sum + healed, 0),
    left: results.flatMap(({ left }) => left),
  }
}

function guardOf(options: GuardOptions, lock: ChaosLock, log: UndoLog, child: GuardProcess): Guard {
  let armed = false
  let closing: Promise<Healed> | undefined
  child.onHealed(options.onTtl)
  child.onDeath(() => {
    if (closing === undefined) options.onTrouble(died())
  })
  const write = (step: UndoStep): Promise<UndoHandle> => {
    if (!child.isAlive()) return Promise.reject(died())
    return log.write(step)
  }
  const close = async (): Promise<Healed> => {
    const end = await child.end()
    await log.close()
    // The guard's word is not enough: what it left open, or could not reach for having died, is looked at here.
    const rest = await healLog(log.file)
    lock.release()
    return { healed: end + rest.healed, left: rest.left }
  }
  return {
    keep: write,
    undo: (step) => {
      if (!armed) child.tell(`arm ${options.ttlMs}`)
      armed = true
      return write(step)
    },
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

type GuardProcess = {
  readonly tell: (line: string) => void
  readonly isAlive: () => boolean
  readonly onHealed: (ttl: (healed: Healed) => void) => void
  readonly onDeath: (told: () => void) => void
  /** Has it heal and end; how many steps it healed. */
  readonly end: () => Promise<number>
}

async function startProcess({ program }: GuardOptions, file: string): Promise<GuardProcess> {
  // A session of its own: no signal of the terminal or of the harness's group reaches it.
  const child = spawn(program, [fileURLToPath(script), file], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.stdin.on('error', () => undefined)
  const ready = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  let healed = 0
  let onTtl: (healed: Healed) => void = () => undefined
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'ready') ready.resolve()
    const outcome = readHealed(line)
    if (outcome === undefined) return
    healed += outcome.healed
    if (outcome.why === 'ttl') onTtl(outcome)
  })
  child.once('error', (error) => {
    ready.reject(startFailed(messageOf(error)))
    ended.resolve()
  })
  child.once('exit', (code, signal) => {
    ready.reject(startFailed(`it ended with ${signal ?? `code ${code ?? '?'}`}`))
    ended.resolve()
  })
  await withinMs(readyWithinMs, ready.promise, () =>
    startFailed(`it was not ready within ${readyWithinMs} ms`),
  ).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  const isAlive = (): boolean => isRunning(child)
  const tell = (line: string): void => {
    if (isAlive()) child.stdin.write(`${line}\n`)
  }
  return {
    tell,
    isAlive,
    onHealed: (told) => {
      onTtl = told
    },
    onDeath: (told) => void ended.promise.then(told),
    end: async () => {
      tell('heal')
      tell('bye')
      await withinMs(endWithinMs, ended.promise, () => startFailed('it hangs')).catch(() =>
        child.kill('SIGKILL'),
      )
      return healed
    },
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

function readHealed(line: string): (Healed & { readonly why: unknown }) | undefined {
  if (!line.startsWith('healed ')) return undefined
  const raw: unknown = JSON.parse(line.slice('healed '.length))
  if (typeof raw !== 'object' || raw === null || !('healed' in raw) || !('left' in raw)) return undefined
  const { healed, left } = raw
  if (typeof healed !== 'number' || !Array.isArray(left)) return undefined
  return { healed, left: left.map(String), why: 'why' in raw ? raw.why : undefined }
}

async function withinMs<T>(ms: number, promise: Promise<T>, late: () => KfError): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(late())
    }, ms)
  })
  try {
    return await Promise.race([promise, expired])
  } finally {
    clearTimeout(timer)
  }
}

function startFailed(why: string): KfError {
  return new KfError('guard_start', `the guard process could not be started: ${why}`, {
    hint: 'without a guard nothing is injected',
    params: { why },
  })
}

function died(): KfError {
  return new KfError('guard_died', 'the guard process died, so that no fault may be injected any more', {
    hint: 'did the system run out of memory? kf heals everything and ends',
  })
}

function leftovers(left: readonly string[]): KfError {
  return new KfError('not_healed', `an earlier run has left faults that would not heal: ${left.join('; ')}`, {
    hint: 'kf chaos heal tries again and says why',
    params: { left: left.join('; ') },
  })
}
