import { mkdir } from 'node:fs/promises'
import type { ExperimentResult } from '../../chaos/experiment/result.ts'
import { type HistoryFacts, noFacts } from '../../chaos/report/experiment/facts.ts'
import { writeExperiment } from '../../chaos/report/experiment/stored.ts'
import type { ReportLanguage } from '../../chaos/report/words.ts'
import { reportFolder } from '../../chaos/report/write.ts'
import { KfError, messageOf } from '../../core/errors.ts'

/** Makes the folder of a run that is about to begin. Throws `report_folder`: what cannot be kept is not worth breaking a node for. */
export async function makeReportFolder(root: string, name: string): Promise<string> {
  const folder = reportFolder(root, new Date(), `chaos-${name}`)
  try {
    await mkdir(folder, { recursive: true })
    return folder
  } catch (error) {
    throw unwritten(folder, error)
  }
}

/** Writes the report of a run. A failure is handed back, not thrown: the result has to be shown all the same. */
export async function keepReport(
  folder: string,
  result: ExperimentResult,
  language: ReportLanguage,
): Promise<{ readonly facts: HistoryFacts; readonly failure?: KfError }> {
  try {
    return { facts: await writeExperiment(folder, result, language) }
  } catch (error) {
    return { facts: noFacts, failure: unwritten(folder, error) }
  }
}

function unwritten(folder: string, error: unknown): KfError {
  const reason = messageOf(error)
  return new KfError('report_folder', `the report cannot be written to ${folder}: ${reason}`, {
    hint: 'name a folder that this user may write to with --out',
    params: { folder, reason },
    cause: error,
  })
}
