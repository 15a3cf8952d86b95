import { closeSync, openSync, writeSync } from 'node:fs'
import type { Clock } from '../../core/clock.ts'
import { codeOf, KfError, messageOf } from '../../core/errors.ts'
import type { HistoryEntry } from './history.ts'

export type HistoryWriter = {
  /**
   * Writes the entry and returns its line, from 1. Never throws: after a failure (a full disk) nothing more is written, and
   * `flush` and `close` throw.
   */
  readonly write: (entry: HistoryEntry) => number
  /** All that was written so far is with the operating system then: the harness may be killed. Throws `KfError` `history`. */
  readonly flush: () => void
  /** Flushes and closes; idempotent. Throws `KfError` `history` when a line could not be written. */
  readonly close: () => void
}

/**
 * Writes `history.jsonl`, which must not be there yet. Lines are gathered to 64 KiB or 200 ms; faults and phases are flushed
 * at once. Writing blocks until the operating system has the bytes, so memory stays at one piece, and a slow disk slows its
 * clients down instead (64 KiB take some 30 µs). Throws `KfError` `history` when the file cannot be made.
 */
export function createHistoryWriter(
  path: string,
  clock: Clock,
  writeBytes: (file: number, bytes: Buffer, from: number) => number = writeSync,
): HistoryWriter {
  const file = opened(path)
  let lines = 0
  let buffer = ''
  let failure: KfError | undefined
  let cancelFlush: (() => void) | undefined
  let isOpen = true

  const flush = (): void => {
    cancelFlush?.()
    cancelFlush = undefined
    if (failure !== undefined || buffer === '') return
    const bytes = Buffer.from(buffer)
    buffer = ''
    try {
      for (let done = 0; done < bytes.length; ) done += writeBytes(file, bytes, done)
    } catch (error) {
      failure = notWritten(path, error)
    }
  }
  const rethrow = (): void => {
    if (failure !== undefined) throw failure
  }

  return {
    write: (entry) => {
      lines += 1
      if (failure !== undefined || !isOpen) return lines
      buffer += `${JSON.stringify(entry)}\n`
      if (buffer.length >= pieceLength || isLandmark(entry)) flush()
      else cancelFlush ??= clock.after(flushMs, flush)
      return lines
    },
    flush: () => {
      flush()
      rethrow()
    },
    close: () => {
      if (isOpen) {
        flush()
        isOpen = false
        closeSync(file)
      }
      rethrow()
    },
  }
}

const pieceLength = 64 * 1024
const flushMs = 200

/** What a reading of the rest depends on. */
function isLandmark({ e }: HistoryEntry): boolean {
  return (
    e === 'phase' ||
    e === 'inject' ||
    e === 'verified' ||
    e === 'unverified' ||
    e === 'healing' ||
    e === 'healed' ||
    e === 'heal-failed'
  )
}

function opened(path: string): number {
  try {
    // Never over an older run.
    return openSync(path, 'wx')
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw notWritten(path, error)
    throw new KfError('history', `${path} is there already`, {
      hint: 'give each run a folder of its own',
      cause: error,
    })
  }
}

function notWritten(path: string, error: unknown): KfError {
  return new KfError('history', `${path} cannot be written: ${messageOf(error)}`, {
    hint: 'the history needs some 200 bytes for each thing that happens, on a disk that no fault touches',
    cause: error,
  })
}
