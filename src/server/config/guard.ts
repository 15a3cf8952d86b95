import type { Said } from '../../core/said.ts'
import type { Problem } from './snapshot.ts'

/** What a file may be before anything parses it: nobody's configuration is near these bounds. */
export const fileBounds = { bytes: 256 * 1024, depth: 16 } as const

export type GuardedText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: Problem }

/** The text of a file, without its byte order mark, or why it is not looked at. */
export function guardText(file: string, content: string | Uint8Array): GuardedText {
  const bytes = typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength
  if (bytes > fileBounds.bytes) {
    return refuse(
      file,
      'too_large',
      1,
      1,
      {
        en: `has ${bytes} bytes, at most ${fileBounds.bytes} are read`,
        zh: `有 ${bytes} 字节，最多读取 ${fileBounds.bytes} 字节`,
      },
      {
        en: 'remove what is no configuration; comments count, too',
        zh: '请删除与配置无关的内容；注释也计入大小',
      },
    )
  }
  const read = typeof content === 'string' ? { text: content, at: loneSurrogate(content) } : decode(content)
  if (read.at !== undefined) {
    return refuse(
      file,
      'not_utf8',
      ...lineAndColumn(read.text, read.at),
      {
        en: 'is not UTF-8 from here on',
        zh: '从这里开始不是 UTF-8',
      },
      {
        en: 'save the file as UTF-8',
        zh: '请将文件保存为 UTF-8',
      },
    )
  }
  const text = read.text.startsWith('\uFEFF') ? read.text.slice(1) : read.text
  const deep = tooDeepAt(text)
  if (deep === undefined) return { ok: true, text }
  return refuse(
    file,
    'too_deep',
    ...lineAndColumn(text, deep),
    {
      en: `is nested deeper than ${fileBounds.depth} levels here`,
      zh: `此处嵌套超过 ${fileBounds.depth} 层`,
    },
    {
      en: 'no key lies that deep: close what was opened above',
      zh: '没有键在这么深的层级：请闭合上面打开的括号',
    },
  )
}

function refuse(
  file: string,
  code: Problem['code'],
  line: number,
  column: number,
  what: Said,
  fix: Said,
): GuardedText {
  return { ok: false, problem: { file, line, column, length: 1, key: '', code, what, fix } }
}

function lineAndColumn(text: string, at: number): readonly [number, number] {
  const lines = text.slice(0, at).split('\n')
  return [lines.length, (lines.at(-1)?.length ?? 0) + 1]
}

function decode(bytes: Uint8Array): { readonly text: string; readonly at: number | undefined } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), at: undefined }
  } catch {
    // Where a wrong byte stands, a lenient reading has U+FFFD; where that was written itself, its bytes are right.
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
    const encoder = new TextEncoder()
    let read = 0
    let at = 0
    for (const char of text) {
      const own = encoder.encode(char)
      if (!own.every((byte, i) => bytes[read + i] === byte)) return { text, at }
      read += own.length
      at += char.length
    }
    return { text, at: text.length }
  }
}

function loneSurrogate(text: string): number | undefined {
  const at = /\p{Cs}/u.exec(text)?.index
  return at
}

// Counts brackets outside strings and comments, and the parts of dotted keys: parsers follow both by calling themselves, so a
// bound must stand before them. What is no TOML anyway may be counted wrongly: it is refused one way or the other.
const tokens = /"""(?:[^\\]|\\[\s\S])*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*|[[\]{}.\n=]/g

function tooDeepAt(text: string): number | undefined {
  let depth = 0
  let dots = 0
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token === '[' || token === '{') depth++
    else if (token === ']' || token === '}') depth = Math.max(0, depth - 1)
    else if (token === '.') dots++
    else if (token === '\n' || token === '=') dots = 0
    if (depth > fileBounds.depth || dots > fileBounds.depth) return index
  }
  return undefined
}
