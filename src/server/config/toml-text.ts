import { parse, TomlError } from 'smol-toml'
import { type AST, parseTOML } from 'toml-eslint-parser'
import type { Place } from '../../core/snippet.ts'
import type { Problem } from './snapshot.ts'
import { fixForToml, sayToml } from './toml-errors.ts'

export type Path = readonly (string | number)[]

/** A parsed file, with the place of each key and value. */
export type TomlText = {
  readonly value: Readonly<Record<string, unknown>>
  /** Of a key, or of a value where it has none (a list's member). */
  readonly keyAt: (path: Path) => Place
  readonly valueAt: (path: Path) => Place
  readonly has: (path: Path) => boolean
}

export type TomlRead =
  | { readonly ok: true; readonly toml: TomlText }
  | { readonly ok: false; readonly problem: Problem }

export function readToml(file: string, text: string): TomlRead {
  try {
    return { ok: true, toml: { value: parse(text), ...placesOf(text) } }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const { line, column } = error
    const message = (error.message.split('\n')[0] ?? '').replace('Invalid TOML document: ', '')
    const [what, fix] = [sayToml(message), fixForToml(message)]
    return { ok: false, problem: { file, line, column, length: 1, key: '', code: 'not_toml', what, fix } }
  }
}

const start: Place = { line: 1, column: 1, length: 1 }

function placesOf(text: string): Pick<TomlText, 'keyAt' | 'valueAt' | 'has'> {
  const keys = new Map<string, Place>()
  const values = new Map<string, Place>()
  const program = programOf(text)
  if (program !== undefined) {
    for (const top of program.body) {
      for (const node of top.body) {
        if (node.type === 'TOMLKeyValue') visitPair(node, [])
        else {
          nameParts(node.key, [])
          for (const pair of node.body) visitPair(pair, node.resolvedKey)
        }
      }
    }
  }
  const nearest = (from: Map<string, Place>, path: Path): Place => {
    for (let length = path.length; length > 0; length--) {
      const place = from.get(nameOf(path.slice(0, length))) ?? keys.get(nameOf(path.slice(0, length)))
      if (place !== undefined) return place
    }
    return start
  }
  return {
    keyAt: (path) => keys.get(nameOf(path)) ?? nearest(values, path),
    valueAt: (path) => nearest(values, path),
    has: (path) => keys.has(nameOf(path)) || values.has(nameOf(path)),
  }

  // The first place a name stands at is the one that opened it.
  function nameParts(key: AST.TOMLKey, within: Path): Path {
    let path = within
    for (const part of key.keys) {
      path = [...path, part.type === 'TOMLBare' ? part.name : part.value]
      if (!keys.has(nameOf(path))) keys.set(nameOf(path), placeOf(part))
    }
    return path
  }
  function visitPair({ key, value }: AST.TOMLKeyValue, within: Path): void {
    visitValue(value, nameParts(key, within))
  }
  function visitValue(node: AST.TOMLContentNode, path: Path): void {
    values.set(nameOf(path), placeOf(node))
    if (node.type === 'TOMLArray')
      for (const [index, one] of node.elements.entries()) visitValue(one, [...path, index])
    if (node.type === 'TOMLInlineTable') for (const pair of node.body) visitPair(pair, path)
  }
}

// It and smol-toml differ in what they take at the edges of TOML 1.1: then there are no places, and the file's start stands for
// all of them.
function programOf(text: string): AST.TOMLProgram | undefined {
  try {
    return parseTOML(text, { tomlVersion: '1.1' })
  } catch {
    return undefined
  }
}

function placeOf({ loc }: { readonly loc: AST.SourceLocation }): Place {
  const length = loc.end.line === loc.start.line ? loc.end.column - loc.start.column : 1
  return { line: loc.start.line, column: loc.start.column + 1, length: Math.max(1, length) }
}

function nameOf(path: Path): string {
  return JSON.stringify(path)
}
