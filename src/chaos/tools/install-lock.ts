import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf, KfError } from '../../core/errors.ts'

/**
 * Holds `folder` for one install at a time, over all processes; the result lets it go. Throws `tool_busy` while a living
 * process holds it. A lock whose process is gone is taken over.
 */
export function lockFolder(folder: string, pid: number): () => void {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, '.lock')
  for (let tries = 0; tries < 2; tries++) {
    try {
      writeFileSync(file, `${pid}\n`, { flag: 'wx' })
      return () => {
        rmSync(file, { force: true })
      }
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      const holder = holderOf(file)
      if (holder !== undefined && isAlive(holder)) {
        throw new KfError('tool_busy', `process ${holder} is installing into ${folder}`, {
          hint: `wait for it, or remove ${file} if that process is another program`,
          params: { pid: holder, folder, file },
        })
      }
      rmSync(file, { force: true })
    }
  }
  throw new KfError('tool_busy', `another process keeps taking ${file}`, { hint: 'try again' })
}

function holderOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Not ours to signal, hence there.
    return codeOf(error) === 'EPERM'
  }
}
