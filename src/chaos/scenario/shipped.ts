import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { noSuchScenario, scenarioNames } from '../yaml/file.ts'
import { loadScenario } from './load.ts'
import type { Scenario } from './scenario.ts'

/** The folder of the package that holds the shipped scenarios. */
const shippedFolder = fileURLToPath(new URL('../../../scenarios/', import.meta.url))

/** All shipped scenarios, by name. */
export async function shippedScenarios(): Promise<readonly Scenario[]> {
  return Promise.all((await shippedNames()).map((name) => loadScenario(join(shippedFolder, `${name}.yml`))))
}

/**
 * What `kf bench NAME|FILE` means: a word without slash and ending is a shipped scenario, anything else a file. Throws
 * `bad_scenario`, also for a name that is not shipped.
 */
export async function findScenario(named: string, cwd: string): Promise<Scenario> {
  if (/[/\\]/.test(named) || /\.ya?ml$/i.test(named)) return loadScenario(resolve(cwd, named), named)
  const names = await shippedNames()
  if (!names.includes(named)) throw noSuchScenario(named, names)
  return loadScenario(join(shippedFolder, `${named}.yml`), `scenarios/${named}.yml`)
}

/** Their names alone, sorted. */
export function shippedNames(): Promise<readonly string[]> {
  return scenarioNames(shippedFolder)
}
