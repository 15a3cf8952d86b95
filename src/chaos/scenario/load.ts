import { type Hints, nameOf, readScenarioFile, textOf } from '../yaml/file.ts'
import { schemaProblems, type Variants } from '../yaml/issues.ts'
import { type Problem, problemsError } from '../yaml/problem.ts'
import { readYaml } from '../yaml/yaml-text.ts'
import { resolve } from './resolve.ts'
import type { Scenario } from './scenario.ts'
import { scenarioSchema, stepNames, stepSchemas } from './schema.ts'
import { togetherProblems } from './together.ts'

/**
 * Reads a scenario. `shown` is how errors name the file. Throws `bad_scenario`: every problem at once, each with its place,
 * bound and fix; `params.zh` has the same in Chinese.
 */
export async function loadScenario(path: string, shown: string = path): Promise<Scenario> {
  return parseScenario(await readScenarioFile(path, shown, hints), shown)
}

/** The same for a text already read; `file` names it, in errors and, without folder and ending, in reports. */
export function parseScenario(content: string | Uint8Array, file: string): Scenario {
  const text = textOf(content, file, hints)
  const yaml = readYaml(text)
  const problems: Problem[] = [...yaml.problems]
  if (yaml.problems.length === 0 || yaml.value !== undefined) {
    problems.push(...schemaProblems(yaml, scenarioSchema, { variants }), ...togetherProblems(yaml))
  }
  if (problems.length > 0) throw problemsError(file, text, problems)
  return resolve(scenarioSchema.parse(yaml.value), nameOf(file))
}

const hints: Hints = {
  absent: { en: 'kf bench --list shows the shipped scenarios', zh: 'kf bench --list 列出自带场景' },
  start: { en: 'begin with a shipped one: kf bench --list', zh: '可以从自带场景开始：kf bench --list' },
}

const variants: Variants = {
  list: 'steps',
  schemas: stepSchemas,
  needed: {
    en: `a step is needed: ${stepNames.join(', ')}`,
    zh: `需要一个步骤：${stepNames.join('、')}`,
  },
  unknown: (named, meant) => {
    const [en, zh] =
      meant === undefined
        ? [`the steps are ${stepNames.join(', ')}`, `可用的步骤是 ${stepNames.join('、')}`]
        : [`did you mean ${meant}?`, `是否想写 ${meant}？`]
    return { en: `${named}: unknown step; ${en}`, zh: `${named}：未知的步骤；${zh}` }
  },
}
