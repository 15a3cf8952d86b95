import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { K6Load } from '../../../src/chaos/k6/load.ts'
import { type K6Data, k6Script } from '../../../src/chaos/k6/script.ts'
import { freshFolder, removeFolder } from '../node.ts'

export const shimProgram = fileURLToPath(new URL('./k6.ts', import.meta.url))

export type Played = {
  readonly code: number | null
  /** What handleSummary wrote. */
  readonly summary: {
    readonly metrics: Readonly<Record<string, { readonly values: Readonly<Record<string, number>> }>>
  }
  readonly log: string
}

/** Executes the script of `load` under the shim, as `k6 run` would, to its end. */
export async function play(load: K6Load, data: K6Data): Promise<Played> {
  const folder = freshFolder()
  try {
    const [script, dataFile, summaryFile] = ['script.js', 'data.json', 'summary.json'].map((name) =>
      join(folder, name),
    ) as [string, string, string]
    writeFileSync(script, k6Script(load))
    writeFileSync(dataFile, JSON.stringify(data))
    const args = [shimProgram, 'run', '-e', `KF_DATA=${dataFile}`, '-e', `KF_SUMMARY=${summaryFile}`, script]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let log = ''
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString()
    })
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    if (code !== 0 && code !== 99) throw new Error(`the script ended with ${code ?? 'a signal'}:\n${log}`)
    return { code, summary: JSON.parse(readFileSync(summaryFile, 'utf8')) as Played['summary'], log }
  } finally {
    removeFolder(folder)
  }
}
