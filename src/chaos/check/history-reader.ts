import { createReadStream } from 'node:fs'
import { KfError, messageOf } from '../../core/errors.ts'
import type { HistoryEntry } from './history.ts'
import { complaintOf } from './history-shape.ts'

export type HistoryRead = {
  /** Whole lines. */
  readonly lines: number
  /** What is left of a line that was being written when the recorder died; it was not handed on. */
  readonly torn: string | undefined
}

/**
 * Reads `history.jsonl` and hands on each entry with its line, from 1: a piece of the file at a time, however long it is. Throws
 * `KfError` `history` that names the line which is no entry, and when the file cannot be read; passes on what `each` throws.
 */
export async function readHistory(
  path: string,
  each: (entry: HistoryEntry, line: number) => void,
): Promise<HistoryRead> {
  let lines = 0
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of pieces(path)) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let from = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
      lines += 1
      each(parsed(bytes.toString('utf8', from, end), path, lines), lines)
      from = end + 1
    }
    rest = bytes.subarray(from)
    if (rest.length > longestLine) throw broken(path, lines + 1, `is longer than ${longestLine} bytes`)
  }
  return { lines, torn: rest.length === 0 ? undefined : rest.toString('utf8', 0, shownLength) }
}

const newline = 0x0a
const pieceBytes = 1 << 20
const longestLine = 16 << 20
const shownLength = 200

async function* pieces(path: string): AsyncGenerator<Buffer> {
  try {
    // Without an encoding a file gives buffers.
    for await (const piece of createReadStream(path, { highWaterMark: pieceBytes })) yield piece as Buffer
  } catch (error) {
    throw new KfError('history', `${path} cannot be read: ${messageOf(error)}`, { cause: error })
  }
}

function parsed(text: string, path: string, line: number): HistoryEntry {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw broken(path, line, `is not JSON: ${shown(text)}`, error)
  }
  const complaint = complaintOf(value)
  if (complaint !== undefined) throw broken(path, line, `${complaint}: ${shown(text)}`)
  // Looked at by `complaintOf`, field by field.
  return value as HistoryEntry
}

function broken(path: string, line: number, what: string, cause?: unknown): KfError {
  return new KfError('history', `${path}, line ${line}: ${what}`, {
    hint: 'only the last line may be cut off, where the recorder died; this file was changed, or is no history',
    cause,
  })
}

function shown(text: string): string {
  return text.length <= shownLength ? text : `${text.slice(0, shownLength)}…`
}
