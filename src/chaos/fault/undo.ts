import { type FileHandle, open, readFile } from 'node:fs/promises'
import { codeOf, KfError, messageOf } from '../../core/errors.ts'
import type { UndoHandle, UndoStep } from './fault.ts'

/**
 * The undo log: one line a step, `{"n":1,"step":{…}}`, and one when it is healed, `{"done":1}`. Lines are only ever appended and
 * synced, so the guard and a later start read the truth whatever happened to the run.
 */
export type UndoLog = {
  readonly file: string
  /** Resolves once the line is on the disk: only then may the fault be injected. Throws `undo_log`. */
  readonly write: (step: UndoStep) => Promise<UndoHandle>
  /** Steps that are not crossed out. */
  readonly open: () => readonly OpenStep[]
  readonly close: () => Promise<void>
}

export type OpenStep = { readonly n: number; readonly step: UndoStep }

/** Opens a log for appending; what stands in it already stays. Throws `undo_log`. */
export async function createUndoLog(file: string): Promise<UndoLog> {
  const steps = new Map<number, UndoStep>((await openSteps(file)).map(({ n, step }) => [n, step]))
  const handle = await opened(file)
  let last = await highest(file)
  // Appends one after the other: a line must never stand within another.
  let tail: Promise<unknown> = Promise.resolve()
  const append = (line: unknown): Promise<void> => {
    const appended = tail.then(async () => {
      try {
        await handle.appendFile(`${JSON.stringify(line)}\n`)
        await handle.datasync()
      } catch (error) {
        throw unwritable(file, error)
      }
    })
    tail = appended.catch(() => undefined)
    return appended
  }
  return {
    file,
    write: async (step) => {
      const n = ++last
      steps.set(n, step)
      await append({ n, step })
      return {
        done: async () => {
          if (!steps.delete(n)) return
          await append({ done: n })
        },
      }
    },
    open: () => [...steps].map(([n, step]) => ({ n, step })),
    close: async () => {
      await tail
      await handle.close()
    },
  }
}

/** The steps of a log that are not crossed out, in their order; none when there is no log. */
export async function openSteps(file: string): Promise<readonly OpenStep[]> {
  const steps = new Map<number, UndoStep>()
  for (const line of await linesOf(file)) {
    const entry = readLine(line)
    if (entry === undefined) continue
    if ('done' in entry) steps.delete(entry.done)
    else steps.set(entry.n, entry.step)
  }
  return [...steps].map(([n, step]) => ({ n, step }))
}

/** Crosses steps out of a log that nobody else writes any more. */
export async function crossOut(file: string, numbers: readonly number[]): Promise<void> {
  if (numbers.length === 0) return
  const handle = await opened(file)
  try {
    // The line break first ends what a crash may have cut.
    await handle.appendFile(`\n${numbers.map((done) => `${JSON.stringify({ done })}\n`).join('')}`)
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

type Line = OpenStep | { readonly done: number }

// A last line without its end was cut by a crash: its fault was not injected, as it waited for the sync.
function readLine(line: string): Line | undefined {
  try {
    const raw: unknown = JSON.parse(line)
    if (typeof raw !== 'object' || raw === null) return undefined
    if ('done' in raw && typeof raw.done === 'number') return { done: raw.done }
    if ('n' in raw && typeof raw.n === 'number' && 'step' in raw && isStep(raw.step)) {
      return { n: raw.n, step: raw.step }
    }
    return undefined
  } catch {
    return undefined
  }
}

const fields: Readonly<Record<UndoStep['do'], readonly string[]>> = {
  'remove-toxic': ['api', 'proxy', 'toxic'],
  'enable-proxy': ['api', 'proxy'],
  continue: ['startedAt'],
  kill: ['startedAt', 'what'],
  unmount: ['path'],
  remove: ['path'],
}

function isStep(raw: unknown): raw is UndoStep {
  if (typeof raw !== 'object' || raw === null || !('do' in raw) || typeof raw.do !== 'string') return false
  if (!Object.hasOwn(fields, raw.do)) return false
  const values: Readonly<Record<string, unknown>> = { ...raw }
  const texts = fields[raw.do as UndoStep['do']]
  const ofProcess = raw.do === 'continue' || raw.do === 'kill'
  if (ofProcess && !(typeof values['pid'] === 'number' && values['pid'] > 1)) return false
  return texts.every((name) => typeof values[name] === 'string')
}

async function linesOf(file: string): Promise<readonly string[]> {
  try {
    return (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw unwritable(file, error)
  }
}

async function highest(file: string): Promise<number> {
  const numbers = (await linesOf(file))
    .map(readLine)
    .map((entry) => (entry !== undefined && 'n' in entry ? entry.n : 0))
  return Math.max(0, ...numbers)
}

async function opened(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'a', 0o600)
  } catch (error) {
    throw unwritable(file, error)
  }
}

function unwritable(file: string, cause: unknown): KfError {
  return new KfError('undo_log', `the undo log ${file} cannot be read or written: ${messageOf(cause)}`, {
    hint: 'without it nothing is injected; free some space, or let the folder belong to this user',
    cause,
    params: { file },
  })
}
