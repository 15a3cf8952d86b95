import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { processTree, programOf } from '../../src/chaos/load/machine.ts'
import type { Details, StoredSide } from '../../src/chaos/report/stored.ts'

/** One `kf bench` under test, with a folder of its own for everything it writes. */
export type BenchRun = {
  readonly child: ChildProcess
  readonly folder: string
  /** What it said to stderr so far. */
  readonly said: () => string
  /** Resolves once it has said `text`; rejects when it ends before. */
  readonly hears: (text: string) => Promise<void>
  readonly generators: () => readonly number[]
  readonly ended: Promise<{ readonly code: number | null; readonly out: string }>
  /** Kills what is left and removes the folder. */
  readonly remove: () => void
}

const launcher = fileURLToPath(new URL('../../bin/kf', import.meta.url))

export function runBench(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  root = tmpdir(),
): BenchRun {
  const folder = mkdtempSync(join(root, 'kf-bench-test-'))
  const child = spawn(process.execPath, [launcher, 'bench', '--out', join(folder, 'reports'), ...args], {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder, LANG: 'C', ...env },
  })
  let out = ''
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, out }))
  const hears = async (text: string): Promise<void> => {
    while (!said.includes(text)) {
      const more = await Promise.race([once(child.stderr, 'data').then(() => true), ended.then(() => false)])
      if (!more && !said.includes(text)) throw new Error(`kf bench ended without saying "${text}": ${said}`)
    }
  }
  return {
    child,
    folder,
    said: () => said,
    hears,
    generators: () => processTree([child.pid ?? 0]).filter((pid) => programOf(pid).startsWith('generator.')),
    ended,
    remove: () => {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What the report says of the target in its first row, and the folder of its raw histograms. */
export function reported({ folder }: BenchRun): { readonly side: StoredSide; readonly raw: string } {
  const [name = ''] = readdirSync(join(folder, 'reports'))
  const path = join(folder, 'reports', name)
  // Written by `kf bench` a moment ago, in its documented shape.
  const { rows } = JSON.parse(readFileSync(join(path, 'details.json'), 'utf8')) as Details
  const [row] = rows
  if (row === undefined) throw new Error(`${path} has no row`)
  return { side: row.target, raw: join(path, 'raw') }
}
