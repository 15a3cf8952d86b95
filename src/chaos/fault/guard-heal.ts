import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, messageOf } from '../../core/errors.ts'
import { carryOut, turnOf } from './guard-steps.ts'
import { crossOut, type OpenStep, openSteps } from './undo.ts'

export type Healed = {
  readonly healed: number
  /** What would not heal, in words; it stays in the log. */
  readonly left: readonly string[]
}

const attempts = 3
const undoName = /^undo-[\w-]+\.jsonl$/

/** The log of one run. */
export function undoFile(stateFolder: string, run: string): string {
  return join(stateFolder, `undo-${run}.jsonl`)
}

/** Carries out what a log has open, those of one turn at once, and crosses it out. A log with nothing open is removed. */
export async function healLog(file: string): Promise<Healed> {
  const open = await openSteps(file)
  const left: string[] = []
  let healed = 0
  for (const turn of [0, 1, 2]) {
    const steps = open.filter(({ step }) => turnOf[step.do] === turn).toReversed()
    // What is mounted or created inside another goes first; processes and proxies stand side by side.
    const groups = turn === 0 ? [steps] : steps.map((step) => [step])
    for (const group of groups) {
      const done = await Promise.all(group.map((one) => attempt(one, left)))
      const numbers = done.flatMap((n) => n ?? [])
      await crossOut(file, numbers)
      healed += numbers.length
    }
  }
  if (left.length === 0) await rm(file, { force: true })
  return { healed, left }
}

/** Whether an earlier run has left a log behind. */
export async function undoFiles(stateFolder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(stateFolder)
    return names.filter((name) => undoName.test(name)).map((name) => join(stateFolder, name))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

async function attempt({ n, step }: OpenStep, left: string[]): Promise<number | undefined> {
  for (let tried = 1; ; tried++) {
    try {
      await carryOut(step)
      return n
    } catch (error) {
      if (tried < attempts) continue
      left.push(`${wordsOf(step)}: ${messageOf(error)}`)
      return undefined
    }
  }
}

function wordsOf(step: OpenStep['step']): string {
  switch (step.do) {
    case 'remove-toxic':
      return `toxic ${step.toxic} on ${step.proxy}`
    case 'enable-proxy':
      return `proxy ${step.proxy}`
    case 'continue':
      return `stopped process ${step.pid}`
    case 'kill':
      return `${step.what} (process ${step.pid})`
    default:
      return step.path
  }
}
