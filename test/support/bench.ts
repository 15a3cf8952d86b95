import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../bin/kf', import.meta.url))

export type Bench = {
  readonly child: ChildProcess
  /** Its temporary folder, and where its reports are. */
  readonly folder: string
  readonly said: () => string
  /** Resolves when it has said `text` on its error output; rejects when it ends before. */
  readonly saying: (text: string) => Promise<void>
  readonly result: Promise<{ readonly code: number | null; readonly out: string }>
  /** Kills it if it is still there, and removes its folder. */
  readonly discard: () => void
}

/** Runs `kf bench` as a person would; every process of it carries its folder in its environment. */
export function startBench(args: readonly string[]): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'kf-bench-test-'))
  const env = { ...process.env, TMPDIR: folder, LANG: 'C' }
  const child = spawn(process.execPath, [launcher, 'bench', '--out', join(folder, 'reports'), ...args], {
    env,
  })
  let out = ''
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const result = once(child, 'close').then(() => ({ code: child.exitCode, out }))
  const ended = result.then(() => true)
  return {
    child,
    folder,
    said: () => said,
    saying: async (text) => {
      while (!said.includes(text)) {
        const isOver = await Promise.race([ended, once(child.stderr, 'data').then(() => false)])
        if (isOver && !said.includes(text)) throw new Error(`it ended before it said "${text}": ${said}`)
      }
    },
    result,
    discard: () => {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Processes that carry `folder` in their environment. */
export function processesWith(folder: string): readonly string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false
    try {
      return readFileSync(`/proc/${entry}/environ`, 'utf8').includes(folder)
    } catch {
      return false
    }
  })
}
