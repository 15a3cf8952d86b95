import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from 'yaml'
import type { Place, Problem, Said } from './problem.ts'

export type Path = readonly (string | number)[]

/** A YAML text as plain values, with the place of each of them. */
export type YamlText = {
  /** Undefined where the text cannot be read at all: `problems` says why. */
  readonly value: unknown
  readonly problems: readonly Problem[]
  /** The key at a path, or its value; the nearest thing around it where it is absent. */
  readonly placeOf: (path: Path, part: 'key' | 'value') => Place
}

/** What a text may hold at most: each is far above what a scenario needs, and keeps hostile files from costing time. */
export const yamlBounds = { depth: 12, values: 5_000, aliases: 100, syntaxErrors: 5 } as const

/**
 * Reads one YAML 1.2 document of the core schema: no tags, no merge keys, no second document. Anchors work as long as none
 * contains itself and all that they repeat stays below `yamlBounds.values`.
 */
export function readYaml(text: string): YamlText {
  const counter = new LineCounter()
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    strict: true,
    stringKeys: true,
    merge: false,
    // Checked while walking, with both places; the parser's own check is quadratic in the number of keys.
    uniqueKeys: false,
    prettyErrors: false,
    // NOTE: 'silent' also takes the error for a second document away.
    logLevel: 'error',
    lineCounter: counter,
  })
  const spot = (from: number, to: number): Place => {
    const { line, col } = counter.linePos(from)
    const end = text.indexOf('\n', from)
    const length = Math.min(to, end < 0 ? text.length : end) - from
    return { line: Math.max(1, line), column: Math.max(1, col), length: Math.max(1, length) }
  }
  const errors = firstOfEach([...document.errors, ...document.warnings])
  if (errors.length > 0) {
    const problems = errors.map((error) => ({ place: spot(...error.pos), said: syntaxSaid(error) }))
    return { value: undefined, problems, placeOf: () => spot(0, 1) }
  }
  const walk = new Walk(document, spot)
  return { value: walk.value, problems: walk.problems, placeOf: walk.placeOf }
}

/** Turns nodes into values, noting where each path stands. */
class Walk {
  readonly value: unknown
  readonly problems: Problem[] = []
  readonly #spot: (from: number, to: number) => Place
  readonly #keys = new Map<string, Place>()
  readonly #values = new Map<string, Place>()
  readonly #anchors = new Map<string, Node>()
  readonly #open = new Set<Node>()
  #left: number = yamlBounds.values
  #aliases = 0

  constructor(document: Document.Parsed, spot: (from: number, to: number) => Place) {
    this.#spot = spot
    this.value = document.contents === null ? null : this.#walk(document.contents, [])
  }

  readonly placeOf = (path: Path, part: 'key' | 'value'): Place => {
    const at = JSON.stringify(path)
    const found = part === 'key' ? (this.#keys.get(at) ?? this.#values.get(at)) : this.#values.get(at)
    if (found !== undefined) return found
    return path.length === 0 ? { line: 1, column: 1, length: 1 } : this.placeOf(path.slice(0, -1), 'key')
  }

  #walk(node: Node, path: Path): unknown {
    const place = this.#placeOfNode(node)
    this.#values.set(JSON.stringify(path), place)
    this.#left -= 1
    if (this.#left === 0) this.#complain(place, tooMany)
    if (this.#left <= 0) return undefined
    if (path.length > yamlBounds.depth) {
      this.#complain(place, tooDeep)
      return undefined
    }
    if (isAlias(node)) return this.#repeat(node.source, place, path)
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (isScalar(node)) return node.value
    this.#open.add(node)
    const value = isMap(node)
      ? this.#walkMap(node, path)
      : isSeq(node)
        ? this.#walkList(node.items, path)
        : null
    this.#open.delete(node)
    return value
  }

  #walkList(items: readonly unknown[], path: Path): unknown[] {
    return items
      .slice(0, yamlBounds.values)
      .map((item, i) => (isNode(item) ? this.#walk(item, [...path, i]) : null))
  }

  #walkMap(map: YAMLMap, path: Path): Record<string, unknown> {
    const values: Record<string, unknown> = {}
    const seen = new Map<string, Place>()
    for (const { key: keyNode, value: node } of map.items) {
      if (this.#left <= 0) break
      const key = isScalar(keyNode) && typeof keyNode.value === 'string' ? keyNode.value : ''
      const place = isNode(keyNode) ? this.#placeOfNode(keyNode) : this.#placeOfNode(map)
      const before = seen.get(key)
      if (before !== undefined) this.#complain(place, twice(key, before.line))
      else if (forbidden.has(key)) this.#complain(place, unknownKey(key))
      else if (key === '<<') this.#complain(place, mergeKey)
      else {
        const inside = [...path, key]
        seen.set(key, place)
        values[key] = isNode(node) ? this.#walk(node, inside) : null
        this.#keys.set(JSON.stringify(inside), place)
        if (!isNode(node)) this.#values.set(JSON.stringify(inside), place)
      }
    }
    return values
  }

  #repeat(anchor: string, place: Place, path: Path): unknown {
    this.#aliases += 1
    const target = this.#anchors.get(anchor)
    if (target === undefined) this.#complain(place, noAnchor(anchor))
    else if (this.#open.has(target)) this.#complain(place, cycle(anchor))
    else if (this.#aliases > yamlBounds.aliases) {
      if (this.#aliases === yamlBounds.aliases + 1) this.#complain(place, tooManyAliases)
    } else return this.#walk(target, path)
    return undefined
  }

  #placeOfNode(node: Node): Place {
    const [from = 0, to = 0] = node.range ?? []
    return this.#spot(from, to)
  }

  #complain(place: Place, said: Said): void {
    this.problems.push({ place, said })
  }
}

// Names that mean something to JavaScript objects; no scenario has a use for them.
const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value)
}

const tooMany: Said = {
  en: `more than ${yamlBounds.values} values, repetitions by aliases included; a scenario needs far fewer: shorten it`,
  zh: `超过 ${yamlBounds.values} 个值（含别名的重复）；场景用不了这么多：请缩短`,
}
const tooManyAliases: Said = {
  en: `more than ${yamlBounds.aliases} aliases; write out what they repeat, or shorten it`,
  zh: `别名超过 ${yamlBounds.aliases} 个；请写出其内容或缩短`,
}
const tooDeep: Said = {
  en: `nested more than ${yamlBounds.depth} levels deep; a scenario never needs that`,
  zh: `嵌套超过 ${yamlBounds.depth} 层；场景不需要这么深`,
}
const mergeKey: Said = {
  en: '<<: merge keys are not part of YAML 1.2; write the keys out, or use an alias for a whole value',
  zh: '<<：YAML 1.2 没有合并键；请写出各键，或对整个值使用别名',
}

function twice(key: string, line: number): Said {
  return {
    en: `${key}: stands here twice, first on line ${line}; keep one of them`,
    zh: `${key}：出现两次，第一次在第 ${line} 行；只留一个`,
  }
}

function unknownKey(key: string): Said {
  return { en: `${key}: unknown key; take it out`, zh: `${key}：未知的键；请删除` }
}

function noAnchor(anchor: string): Said {
  return {
    en: `*${anchor}: there is no &${anchor} before it; define it first, or quote a text that begins with *`,
    zh: `*${anchor}：前面没有 &${anchor}；请先定义，若是以 * 开头的文本请加引号`,
  }
}

function cycle(anchor: string): Said {
  return {
    en: `*${anchor}: repeats itself, since it stands inside &${anchor}; take it out`,
    zh: `*${anchor}：位于 &${anchor} 之内，会无限重复；请删除`,
  }
}

// One slip makes many errors behind it: the first of each kind says enough.
function firstOfEach(errors: readonly YAMLError[]): readonly YAMLError[] {
  const first = new Map<string, YAMLError>()
  for (const error of errors) if (!first.has(error.code)) first.set(error.code, error)
  return [...first.values()].slice(0, yamlBounds.syntaxErrors)
}

/** The parser's codes that people meet, said with the fix; the rest in the parser's own words. */
const syntax: Readonly<Record<string, Said>> = {
  TAB_AS_INDENT: { en: 'a tab indents this line; use spaces', zh: '此行用制表符缩进；请用空格' },
  MULTIPLE_DOCS: {
    en: 'a second document begins here (---); a file holds one scenario',
    zh: '这里开始了第二个文档（---）；一个文件只放一个场景',
  },
  BAD_INDENT: {
    en: 'the indentation does not fit what stands above; align it with its siblings',
    zh: '缩进与上文不符；请与同级对齐',
  },
  MISSING_CHAR: {
    en: 'something is not closed or not separated here: a quote, a bracket, a comma, or the space after a colon',
    zh: '此处缺少引号、括号、逗号，或冒号后的空格',
  },
  TAG_RESOLVE_FAILED: {
    en: 'tags (!) mean nothing in a scenario; take it out, or quote a text that begins with !',
    zh: '场景中不使用标签（!）；请删除，若是以 ! 开头的文本请加引号',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    en: 'a text with a colon and a space in it needs quotes',
    zh: '含有冒号加空格的文本需要引号',
  },
  BAD_SCALAR_START: {
    en: 'a value that begins with @, %, `, > or | needs quotes, such as ">= 1000"',
    zh: '以 @、%、`、> 或 | 开头的值需要引号，例如 ">= 1000"',
  },
  NON_STRING_KEY: { en: 'a key must be plain text', zh: '键必须是普通文本' },
  RESOURCE_EXHAUSTION: tooDeep,
}

function syntaxSaid(error: YAMLError): Said {
  const known = syntax[codeMeant(error)]
  if (known !== undefined) return known
  const own = (error.message.split('\n')[0] ?? '').slice(0, 120)
  return {
    en: `not YAML: ${own}; quote texts with special characters`,
    zh: `不是 YAML：${own}；含特殊字符的文本请加引号`,
  }
}

// The parser has one code for several slips.
function codeMeant({ code, message }: YAMLError): string {
  if (message.startsWith('Block scalar header')) return 'BAD_SCALAR_START'
  return message.startsWith('Flow ') ? 'MISSING_CHAR' : code
}
