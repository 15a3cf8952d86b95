import { faultKinds } from '../fault/kinds.ts'
import { type Hints, nameOf, readScenarioFile, textOf } from '../yaml/file.ts'
import { schemaProblems } from '../yaml/issues.ts'
import { type Problem, problemsError } from '../yaml/problem.ts'
import { readYaml } from '../yaml/yaml-text.ts'
import type { Experiment } from './experiment.ts'
import { withDefaults } from './load-defaults.ts'
import { entriesOf, factsOf, type Kinds } from './load-facts.ts'
import { methodProblems } from './load-method.ts'
import { ruleProblems } from './load-rules.ts'
import { experimentSchema } from './schema.ts'

/**
 * Reads a chaos scenario from a text or its bytes. `file` names it, in errors and, without folder and ending, in reports.
 * Throws `bad_scenario`: every problem at once, each with its place, bound and fix; `params.zh` has the same in Chinese.
 */
export function loadExperiment(
  content: string | Uint8Array,
  file: string,
  kinds: Kinds = faultKinds,
): Experiment {
  const read = checkExperiment(content, file, kinds)
  if (!read.ok) throw problemsError(file, read.text, read.problems)
  return read.experiment
}

export type Checked =
  | { readonly ok: true; readonly experiment: Experiment }
  | { readonly ok: false; readonly text: string; readonly problems: readonly Problem[] }

/** The same with the problems as a list. Throws `bad_scenario` only for what is no text to read. */
export function checkExperiment(
  content: string | Uint8Array,
  file: string,
  kinds: Kinds = faultKinds,
): Checked {
  const text = textOf(content, file, hints)
  const yaml = readYaml(text)
  const facts = factsOf(yaml.value)
  const entries = entriesOf(yaml.value, kinds, facts)
  const readable = yaml.problems.length === 0 || yaml.value !== undefined
  const problems = [
    ...yaml.problems,
    ...(readable
      ? [
          ...schemaProblems(yaml, experimentSchema),
          ...methodProblems(yaml, entries, kinds, facts),
          ...ruleProblems(yaml, entries, facts),
        ]
      : []),
  ]
  if (problems.length > 0) return { ok: false, text, problems }
  const experiment = withDefaults(experimentSchema.parse(yaml.value), nameOf(file), entries, facts)
  return { ok: true, experiment }
}

/** From a file; `shown` is how errors name it. */
export async function loadExperimentFile(path: string, shown: string = path): Promise<Experiment> {
  return loadExperiment(await readExperimentFile(path, shown), shown)
}

export function readExperimentFile(path: string, shown: string): Promise<Uint8Array> {
  return readScenarioFile(path, shown, hints)
}

const hints: Hints = {
  absent: { en: 'kf chaos list shows the shipped scenarios', zh: 'kf chaos list 列出自带场景' },
  start: { en: 'begin with a shipped one: kf chaos list', zh: '可以从自带场景开始：kf chaos list' },
}
