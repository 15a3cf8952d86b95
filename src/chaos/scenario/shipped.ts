import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { didYouMean } from '../../core/suggest.ts'
import { fileError } from '../yaml/problem.ts'
import { loadScenario, nameOf } from './load.ts'
import type { Scenario } from './scenario.ts'

/** The folder of the package that holds the shipped scenarios. */
export const shippedFolder = fileURLToPath(new URL('../../../scenarios/', import.meta.url))

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
  if (names.includes(named))
    return loadScenario(join(shippedFolder, `${named}.yml`), `scenarios/${named}.yml`)
  const shown = named === '' ? '""' : named
  const meant = didYouMean(named, names)
  throw fileError(
    { en: `${shown}: there is no such scenario`, zh: `${shown}：没有这个场景` },
    meant === undefined
      ? {
          en: `the shipped ones are ${names.join(', ')}; a file of yours ends in .yml`,
          zh: `自带的有 ${names.join('、')}；自己的文件以 .yml 结尾`,
        }
      : { en: `did you mean ${meant}?`, zh: `是否想写 ${meant}？` },
  )
}

async function shippedNames(): Promise<readonly string[]> {
  const files = await readdir(shippedFolder)
  return files
    .filter((file) => file.endsWith('.yml'))
    .map(nameOf)
    .toSorted()
}
