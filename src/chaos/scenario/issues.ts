import { z } from 'zod'
import { didYouMean } from '../../core/suggest.ts'
import type { Problem, Said } from '../yaml/problem.ts'
import { saidOf } from '../yaml/values.ts'
import type { Path, YamlText } from '../yaml/yaml-text.ts'
import { scenarioSchema, stepNames, stepSchemas } from './schema.ts'

type Issue = z.core.$ZodIssue

/** What does not fit the schema, in words, each at its place. */
export function schemaProblems(yaml: YamlText): readonly Problem[] {
  const result = scenarioSchema.safeParse(yaml.value)
  return result.success ? [] : result.error.issues.flatMap((issue) => problemsOf(issue, [], yaml))
}

/** `flows[0].steps[1].send` */
export function pathText(path: Path): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join('')
}

/** The value at a path of plain values; undefined where there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined
    at = (at as Readonly<Record<string | number, unknown>>)[part]
  }
  return at
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function problemsOf(issue: Issue, around: Path, yaml: YamlText): readonly Problem[] {
  const path: Path = [...around, ...issue.path.map((part) => (typeof part === 'symbol' ? '' : part))]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], yaml))
  if (issue.code === 'invalid_union') return unionProblems(issue, path, yaml)
  return [misfit(issue.message, path, yaml)]
}

function unionProblems(
  issue: Extract<Issue, { readonly code: 'invalid_union' }>,
  path: Path,
  yaml: YamlText,
): readonly Problem[] {
  const value = valueAt(yaml.value, path)
  const inside = (branch: readonly Issue[] | undefined): readonly Problem[] =>
    (branch ?? []).flatMap((one) => problemsOf(one, path, yaml))
  if (path.at(-2) === 'steps') {
    if (!isRecord(value)) return [{ place: yaml.placeOf(path, 'value'), said: within(path, stepNeeded) }]
    const meant = stepNames.findIndex((name) => Object.hasOwn(value, name))
    return meant < 0 ? [unknownStep(path, value, yaml)] : inside(issue.errors[meant])
  }
  // Of the other unions (a value, a list of them, an object) the branch of the same kind knows best what is wrong.
  const branch = issue.errors.find((issues) => issues.every((one) => one.path.length > 0 || isKeys(one)))
  return Array.isArray(value) || isRecord(value)
    ? branch === undefined
      ? [misfit(issue.message, path, yaml)]
      : inside(branch)
    : [misfit(issue.message, path, yaml)]
}

function isKeys(issue: Issue): boolean {
  return issue.code === 'unrecognized_keys'
}

function misfit(needed: string, path: Path, yaml: YamlText): Problem {
  const said = saidOf(needed) ?? { en: needed, zh: needed }
  const value = valueAt(yaml.value, path)
  const place = yaml.placeOf(path, value === undefined || value === null ? 'key' : 'value')
  if (value === undefined) {
    // The place is the group that lacks it: one caret, not all of the group.
    return {
      place: { ...place, length: 1 },
      said: within(path, { en: `is missing; ${said.en}`, zh: `缺少；${said.zh}` }),
    }
  }
  if (value === null) {
    return { place, said: within(path, { en: `is empty; ${said.en}`, zh: `为空；${said.zh}` }) }
  }
  const found = shown(value)
  return {
    place,
    said: within(path, { en: `${found.en}; ${said.en}`, zh: `${found.zh}；${said.zh}` }),
  }
}

function unknownKey(path: Path, yaml: YamlText): Problem {
  const key = String(path.at(-1))
  const known = keysAt(scenarioSchema, path.slice(0, -1), yaml.value)
  const meant = didYouMean(key, known) ?? known.find((one) => key.length > 1 && one.startsWith(key))
  const said: Said =
    meant === undefined
      ? {
          en: `unknown key; the keys here are ${known.join(', ')}`,
          zh: `未知的键；这里可用的键是 ${known.join('、')}`,
        }
      : { en: `unknown key; did you mean ${meant}?`, zh: `未知的键；是否想写 ${meant}？` }
  return { place: yaml.placeOf(path, 'key'), said: within(path, said) }
}

const stepNeeded: Said = {
  en: `a step is needed: ${stepNames.join(', ')}`,
  zh: `需要一个步骤：${stepNames.join('、')}`,
}

function unknownStep(path: Path, value: Readonly<Record<string, unknown>>, yaml: YamlText): Problem {
  const keys = Object.keys(value)
  const named = keys[0] ?? ''
  const meant = keys.map((key) => didYouMean(key, stepNames)).find((name) => name !== undefined)
  const [en, zh] =
    meant === undefined
      ? [`the steps are ${stepNames.join(', ')}`, `可用的步骤是 ${stepNames.join('、')}`]
      : [`did you mean ${meant}?`, `是否想写 ${meant}？`]
  return {
    place: yaml.placeOf([...path, named], 'key'),
    said: within(path, { en: `${named}: unknown step; ${en}`, zh: `${named}：未知的步骤；${zh}` }),
  }
}

/** The keys that the schema knows at a path. */
function keysAt(schema: z.ZodType, path: Path, value: unknown): readonly string[] {
  if (schema instanceof z.ZodOptional) return keysAt(unwrapped(schema), path, value)
  const [part, ...rest] = path
  if (schema instanceof z.ZodUnion) {
    const step = isRecord(value) ? stepNames.find((name) => Object.hasOwn(value, name)) : undefined
    if (step !== undefined && path.length === 0) return Object.keys(stepSchemas[step].shape)
    return options(schema).flatMap((option) => keysAt(option, path, value))
  }
  const next = part === undefined ? undefined : valueAt(value, [part])
  if (schema instanceof z.ZodArray) return typeof part === 'number' ? keysAt(element(schema), rest, next) : []
  if (!(schema instanceof z.ZodObject)) return []
  if (part === undefined) return Object.keys(schema.shape)
  const inner: unknown = schema.shape[part]
  return inner instanceof z.ZodType ? keysAt(inner, rest, next) : []
}

// zod's own results are typed for its core; all schemas here are made by the classic constructors.
function unwrapped(schema: z.ZodOptional): z.ZodType {
  return schema.unwrap() as z.ZodType
}

function element(schema: z.ZodArray): z.ZodType {
  return schema.element as z.ZodType
}

function options(schema: z.ZodUnion): readonly z.ZodType[] {
  return schema.options as readonly z.ZodType[]
}

/** A sentence about a path. */
export function within(path: Path, said: Said): Said {
  const at = pathText(path)
  return at === '' ? said : { en: `${at}: ${said.en}`, zh: `${at}：${said.zh}` }
}

function shown(value: unknown): Said {
  if (Array.isArray(value) && value.length === 0) return { en: 'is an empty list', zh: '是空列表' }
  if (Array.isArray(value)) return { en: 'is a list', zh: '是列表' }
  if (isRecord(value)) return { en: 'is a group of keys', zh: '是一组键' }
  const text = String(value)
  const cut = JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text)
  const written = typeof value === 'string' ? cut : cut.slice(1, -1)
  return { en: `${written} does not fit`, zh: `${written} 不合适` }
}
