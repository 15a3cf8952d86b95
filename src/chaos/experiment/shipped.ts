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

/** Those in `./scenarios/chaos`, by name; without title where one cannot be read. None where kf runs in its own package. */
export async function ownExperiments(
  cwd: string,
): Promise<readonly { readonly name: string; readonly title: string | undefined }[]> {
  const folder = resolve(cwd, ownFolder)
  if (folder === resolve(shippedFolder)) return []
  return Promise.all(
    (await scenarioNames(folder)).map(async (name) => {
      const { path, shown } = await placeOfExperiment(join('.', ownFolder, name), cwd)
      const title = await loadExperimentFile(path, shown).then(
        (experiment) => experiment.title,
        () => undefined,
      )
      return { name, title }
    }),
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
  const { path, shown } = await placeOfExperiment(named, cwd)
  return loadExperimentFile(path, shown)
}

/** Where that is: its path, and how errors name it. */
export async function placeOfExperiment(
  named: string,
  cwd: string,
): Promise<{ readonly path: string; readonly shown: string }> {
  const file = /\.ya?ml$/i.test(named) ? named : `${named}.yml`
  if (/[/\\]/.test(named)) {
    const shown = !existsSync(resolve(cwd, named)) && existsSync(resolve(cwd, file)) ? file : named
    return { path: resolve(cwd, shown), shown }
  }
  const own = join(ownFolder, file)
  const places = [
    { path: resolve(cwd, file), shown: file },
    { path: resolve(cwd, own), shown: own },
    { path: join(shippedFolder, file), shown: own },
  ]
  const found = places.find(({ path }) => existsSync(path))
  if (found !== undefined) return found
  const names = [...(await scenarioNames(resolve(cwd, ownFolder))), ...(await shippedExperimentNames())]
  throw noSuchScenario(named.replace(/\.ya?ml$/i, ''), [...new Set(names)].toSorted())
}
