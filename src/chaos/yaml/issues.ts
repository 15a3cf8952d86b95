import { z } from 'zod'
import { didYouMean } from '../../core/suggest.ts'
import { isRecord, valueAt, within } from './paths.ts'
import type { Problem, Said } from './problem.ts'
import { saidOf } from './values.ts'
import type { Path, YamlText } from './yaml-text.ts'

type Issue = z.core.$ZodIssue

/** Entries of a list that one of their keys tells apart: `send: …` is a step, and so is `think: …`. */
export type Variants = {
  /** The key of such lists. */
  readonly list: string
  /** By the key that names them. */
  readonly schemas: Readonly<Record<string, z.ZodObject>>
  readonly needed: Said
  /** An entry whose first key is `named` is none of them; `meant` may have been. */
  readonly unknown: (named: string, meant: string | undefined) => Said
}

export type Part = {
  /** Where in the text the schema's value stands; its beginning by default. */
  readonly at?: Path
  /** The value without what others check; the one in the text by default. */
  readonly value?: unknown
  /** Keys that others check. */
  readonly besides?: readonly string[]
  readonly variants?: Variants
}

/** What does not fit the schema, in words, each at its place. */
export function schemaProblems(yaml: YamlText, schema: z.ZodType, part: Part = {}): readonly Problem[] {
  const { at = [], besides = [], variants } = part
  const result = schema.safeParse('value' in part ? part.value : valueAt(yaml.value, at))
  if (result.success) return []
  const reader = new Reader(yaml, variants, (path) => {
    const known = keysAt(schema, path.slice(at.length), valueAt(yaml.value, at), variants)
    return path.length === at.length ? [...besides, ...known] : known
  })
  return result.error.issues.flatMap((issue) => reader.problemsOf(issue, at))
}

class Reader {
  readonly #yaml: YamlText
  readonly #variants: Variants | undefined
  readonly #keysAt: (path: Path) => readonly string[]

  constructor(yaml: YamlText, variants: Variants | undefined, knownAt: (path: Path) => readonly string[]) {
    this.#yaml = yaml
    this.#variants = variants
    this.#keysAt = knownAt
  }

  problemsOf(issue: Issue, around: Path): readonly Problem[] {
    const path: Path = [...around, ...issue.path.map((part) => (typeof part === 'symbol' ? '' : part))]
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => this.#unknownKey([...path, key]))
    if (issue.code === 'invalid_union') return this.#unionProblems(issue, path)
    return [this.#misfit(issue.message, path)]
  }

  #unionProblems(issue: Extract<Issue, { readonly code: 'invalid_union' }>, path: Path): readonly Problem[] {
    const value = valueAt(this.#yaml.value, path)
    const inside = (branch: readonly Issue[] | undefined): readonly Problem[] =>
      (branch ?? []).flatMap((one) => this.problemsOf(one, path))
    const variants = this.#variants
    if (variants !== undefined && path.at(-2) === variants.list) {
      if (!isRecord(value))
        return [{ place: this.#yaml.placeOf(path, 'value'), said: within(path, variants.needed) }]
      const meant = Object.keys(variants.schemas).findIndex((name) => Object.hasOwn(value, name))
      return meant < 0 ? [this.#unknownVariant(path, value, variants)] : inside(issue.errors[meant])
    }
    // Of the other unions (a value, a list of them, an object) the branch of the same kind knows best what is wrong.
    const branch = issue.errors.find((issues) => issues.every((one) => one.path.length > 0 || isKeys(one)))
    const knows = branch !== undefined && (Array.isArray(value) || isRecord(value))
    return knows ? inside(branch) : [this.#misfit(issue.message, path)]
  }

  #misfit(needed: string, path: Path): Problem {
    const said = saidOf(needed) ?? { en: needed, zh: needed }
    const value = valueAt(this.#yaml.value, path)
    const place = this.#yaml.placeOf(path, value === undefined || value === null ? 'key' : 'value')
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

  #unknownKey(path: Path): Problem {
    const key = String(path.at(-1))
    const known = this.#keysAt(path.slice(0, -1))
    const meant = didYouMean(key, known) ?? known.find((one) => key.length > 1 && one.startsWith(key))
    const said: Said =
      meant === undefined
        ? {
            en: `unknown key; the keys here are ${known.join(', ')}`,
            zh: `未知的键；这里可用的键是 ${known.join('、')}`,
          }
        : { en: `unknown key; did you mean ${meant}?`, zh: `未知的键；是否想写 ${meant}？` }
    return { place: this.#yaml.placeOf(path, 'key'), said: within(path, said) }
  }

  #unknownVariant(path: Path, value: Readonly<Record<string, unknown>>, variants: Variants): Problem {
    const keys = Object.keys(value)
    const named = keys[0] ?? ''
    const known = Object.keys(variants.schemas)
    const meant = keys.map((key) => didYouMean(key, known)).find((name) => name !== undefined)
    const place = this.#yaml.placeOf([...path, named], 'key')
    return { place, said: within(path, variants.unknown(named, meant)) }
  }
}

function isKeys(issue: Issue): boolean {
  return issue.code === 'unrecognized_keys'
}

/** The keys that a schema knows at a path. */
function keysAt(
  schema: z.ZodType,
  path: Path,
  value: unknown,
  variants: Variants | undefined,
): readonly string[] {
  const bare = unwrapped(schema)
  const [part, ...rest] = path
  if (bare instanceof z.ZodUnion) {
    const named = variants === undefined || !isRecord(value) ? undefined : variantOf(value, variants)
    if (named !== undefined && part === undefined) return Object.keys(named.shape)
    return optionsOf(bare).flatMap((option) => keysAt(option, path, value, variants))
  }
  const next = part === undefined ? undefined : valueAt(value, [part])
  if (bare instanceof z.ZodArray)
    return typeof part === 'number' ? keysAt(elementOf(bare), rest, next, variants) : []
  if (!(bare instanceof z.ZodObject)) return []
  if (part === undefined) return Object.keys(bare.shape)
  const inner: unknown = bare.shape[part]
  return inner instanceof z.ZodType ? keysAt(inner, rest, next, variants) : []
}

function variantOf(value: Readonly<Record<string, unknown>>, { schemas }: Variants): z.ZodObject | undefined {
  const name = Object.keys(schemas).find((one) => Object.hasOwn(value, one))
  return name === undefined ? undefined : schemas[name]
}

/** Without what makes a schema optional, gives it a default or transforms its value. */
export function unwrapped(schema: z.ZodType): z.ZodType {
  // zod's own results are typed for its core; all schemas here are made by the classic constructors.
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in as z.ZodType)
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  )
    return unwrapped(schema.unwrap() as z.ZodType)
  return schema
}

function elementOf(schema: z.ZodArray): z.ZodType {
  return schema.element as z.ZodType
}

function optionsOf(schema: z.ZodUnion): readonly z.ZodType[] {
  return schema.options as readonly z.ZodType[]
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
