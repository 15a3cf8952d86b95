import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { noSuchScenario, scenarioNames } from '../yaml/file.ts'
import type { Experiment } from './experiment.ts'
import { loadExperimentFile } from './load.ts'

const shippedFolder = fileURLToPath(new URL('../../../scenarios/chaos/', import.meta.url))
/** Where the operator's own lie, seen from where kf runs. */
const ownFolder = join('scenarios', 'chaos')

/** All shipped scenarios, by name. */
export async function shippedExperiments(): Promise<readonly Experiment[]> {
  return Promise.all(
    (await shippedExperimentNames()).map((name) => loadExperimentFile(join(shippedFolder, `${name}.yml`))),
  )
}

/** Their names alone, sorted. */
export function shippedExperimentNames(): Promise<readonly string[]> {
  return scenarioNames(shippedFolder)
}

/**
 * What `kf chaos run NAME|FILE` means: a path where there is such a file, then `./scenarios/chaos`, then what is shipped;
 * `partition` and `partition.yml` alike. Throws `bad_scenario`, also for a name that is nowhere.
 */
export async function findExperiment(named: string, cwd: string): Promise<Experiment> {
  const file = /\.ya?ml$/i.test(named) ? named : `${named}.yml`
  const isPath = /[/\\]/.test(named)
  if (isPath || existsSync(resolve(cwd, file))) {
    const found = isPath && !existsSync(resolve(cwd, named)) && existsSync(resolve(cwd, file)) ? file : named
    return loadExperimentFile(resolve(cwd, isPath ? found : file), isPath ? found : file)
  }
  const own = join(ownFolder, file)
  if (existsSync(resolve(cwd, own))) return loadExperimentFile(resolve(cwd, own), own)
  const shipped = join(shippedFolder, file)
  if (existsSync(shipped)) return loadExperimentFile(shipped, join(ownFolder, file))
  const names = [...(await scenarioNames(resolve(cwd, ownFolder))), ...(await shippedExperimentNames())]
  throw noSuchScenario(named.replace(/\.ya?ml$/i, ''), [...new Set(names)].toSorted())
}
