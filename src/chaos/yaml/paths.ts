import type { Problem, Said } from './problem.ts'
import type { Path, YamlText } from './yaml-text.ts'

/** Notes what is wrong with a key or its value. */
export type Complain = (path: Path, part: 'key' | 'value', said: Said) => void

/** A list of problems, and what adds to it. */
export function complaints(yaml: YamlText): {
  readonly problems: readonly Problem[]
  readonly complain: Complain
} {
  const problems: Problem[] = []
  const complain: Complain = (path, part, said) => {
    problems.push({ place: yaml.placeOf(path, part), said: within(path, said) })
  }
  return { problems, complain }
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

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A sentence about a path. */
export function within(path: Path, said: Said): Said {
  const at = pathText(path)
  return at === '' ? said : { en: `${at}: ${said.en}`, zh: `${at}：${said.zh}` }
}
