import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { machineFacts } from '../../chaos/load/machine.ts'
import {
  type Resilience,
  type ResilienceRow,
  resilienceMarkdown,
  resiliencePage,
} from '../../chaos/report/experiment/resilience.ts'
import { languageOf } from '../i18n/texts.ts'
import { packageVersion } from '../version.ts'
import { machineText, type RunFlags, reportsByDefault } from './chaos-run-one.ts'
import type { CommandContext } from './table.ts'

/** Writes `resilience.md` and `resilience.html` beside the reports that they link to, and says where. */
export async function writeResilience(
  rows: readonly ResilienceRow[],
  flags: RunFlags,
  { state, texts }: CommandContext,
): Promise<void> {
  const root = flags.out ?? reportsByDefault
  const language = languageOf(texts.language, {})
  const first = rows.find((row) => 'result' in row)
  const all: Resilience = {
    rows: rows.map((row) => ('result' in row ? { ...row, folder: relative(root, row.folder) } : row)),
    machine: machineText(machineFacts()),
    version: packageVersion(),
    date: first !== undefined && 'result' in first ? first.result.startedAt : new Date().toISOString(),
    command: `kf chaos run --all${flags.tag === undefined ? '' : ` --tag ${flags.tag}`}`,
  }
  const page = join(root, 'resilience.md')
  await mkdir(root, { recursive: true })
  await writeFile(page, resilienceMarkdown(all, language))
  await writeFile(join(root, 'resilience.html'), resiliencePage(all, language))
  const write = flags.json === true ? state.err.write : state.out.write
  write(`${texts.chaos.resilience(page)}\n`)
}
