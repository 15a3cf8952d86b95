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
    const end = bytes.lastIndexOf(newline)
    if (end >= 0) {
      for (const value of parsed(bytes.toString('utf8', 0, end), path, lines)) {
        lines += 1
        const complaint = complaintOf(value)
        if (complaint !== undefined)
          throw broken(path, lines, `${complaint}: ${shown(JSON.stringify(value))}`)
        // Looked at by `complaintOf`, field by field.
        each(value as HistoryEntry, lines)
      }
    }
    rest = bytes.subarray(end + 1)
    if (rest.length > longestLine) throw broken(path, lines + 1, `is longer than ${longestLine} bytes`)
  }
  return { lines, torn: rest.length === 0 ? undefined : rest.toString('utf8', 0, shownLength) }
}

const newline = 0x0a
/** Measured: larger pieces let what was parsed grow old, smaller ones cost more calls. */
const pieceBytes = 128 * 1024
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

/** One array of all lines: a third quicker than line by line. `before`: lines before these. */
function parsed(text: string, path: string, before: number): readonly unknown[] {
  const lines = text.split('\n')
  try {
    const values: unknown = JSON.parse(`[${lines.join()}]`)
    // Two entries on a line, or one on two, would shift all that follows.
    if (Array.isArray(values) && values.length === lines.length) return values
  } catch {
    // Below it is said which line.
  }
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as unknown
    } catch (error) {
      throw broken(path, before + i + 1, `is not JSON: ${shown(line)}`, error)
    }
  })
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
