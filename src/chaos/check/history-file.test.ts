import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { manualClock } from '../../core/clock.ts'
import type { HistoryEntry } from './history.ts'
import { type HistoryRead, readHistory } from './history-reader.ts'
import { createHistoryWriter } from './history-writer.ts'
import { validHistory } from './testing/model.ts'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kf-history-'))
  path = join(folder, 'history.jsonl')
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const reset: HistoryEntry = { t: 1.5, p: 'v1', e: 'reset', conversation: '会话' }

test('what was written is read again, each entry with its line', async () => {
  const history = validHistory(1)
  const writer = createHistoryWriter(path, manualClock())
  expect(history.map((entry) => writer.write(entry))).toEqual(history.map((_, i) => i + 1))
  writer.close()
  const { entries, end } = await read()
  expect(entries).toEqual(history.map((entry, i) => [i + 1, entry]))
  expect(end).toEqual({ lines: history.length, torn: undefined })
})

test('a line that lies across two pieces of the file is one line', async () => {
  const long = { ...reset, conversation: '长'.repeat(300_000) }
  const writer = createHistoryWriter(path, manualClock())
  for (let i = 0; i < 4; i++) writer.write(long)
  writer.close()
  expect((await read()).entries).toEqual([1, 2, 3, 4].map((line) => [line, long]))
})

test('lines are gathered for 200 ms; a phase or a fault is in the file at once', () => {
  const clock = manualClock()
  const writer = createHistoryWriter(path, clock)
  writer.write(reset)
  expect(linesInFile()).toBe(0)
  clock.advance(200)
  expect(linesInFile()).toBe(1)
  writer.write(reset)
  writer.write({ t: 2, p: 'harness', e: 'phase', phase: 'fault' })
  expect(linesInFile()).toBe(3)
  writer.write(reset)
  writer.write({ t: 2, p: 'harness', e: 'inject', n: 1, fault: 'kill', on: 'node' })
  expect(linesInFile()).toBe(5)
  writer.close()
})

test('no more than one piece waits in memory', () => {
  const writer = createHistoryWriter(path, manualClock())
  const line = JSON.stringify(reset).length + 1
  for (let i = 0; i < 10_000; i++) writer.write(reset)
  expect(linesInFile() * line).toBeGreaterThan(10_000 * line - 64 * 1024)
  writer.close()
})

test('a history is never written over another one', () => {
  writeFileSync(path, '')
  expect(() => createHistoryWriter(path, manualClock())).toThrow(`${path} is there already`)
})

test('a full disk is not swallowed: writing goes on without a word, closing says it', () => {
  const writer = createHistoryWriter(path, manualClock(), () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  })
  writer.write({ t: 0, p: 'harness', e: 'phase', phase: 'warmup' })
  expect(writer.write(reset)).toBe(2)
  const said = `${path} cannot be written: ENOSPC: no space left on device, write`
  expect(() => writer.flush()).toThrow(said)
  expect(() => writer.close()).toThrow(said)
})

test('a disk that takes less than it was given gets the rest', async () => {
  const bytes: Buffer[] = []
  const writer = createHistoryWriter(path, manualClock(), (_, piece, from) => {
    bytes.push(piece.subarray(from, from + 7))
    return Math.min(7, piece.length - from)
  })
  writer.write(reset)
  writer.close()
  expect(JSON.parse(Buffer.concat(bytes).toString())).toEqual(reset)
})

test('a line that was cut off at the end is left out and said', async () => {
  writeFileSync(path, `${JSON.stringify(reset)}\n`)
  appendFileSync(path, '{"t":2,"p":"v1","e":"res')
  const { entries, end } = await read()
  expect(entries).toEqual([[1, reset]])
  expect(end).toEqual({ lines: 1, torn: '{"t":2,"p":"v1","e":"res' })
})

test.each([
  ['not json', 'is not JSON: not json'],
  ['[1]', 'is not an object: [1]'],
  ['null', 'is not an object: null'],
  ['', 'is not JSON: '],
  ['{"e":"reset"},{"e":"reset"}', 'is not JSON: {"e":"reset"},{"e":"reset"}'],
  ['{"e":"__proto__"}', '"e" is "__proto__", which is no kind of entry: {"e":"__proto__"}'],
  ['{"e":"reset","p":"v1","conversation":"c"}', '"t" is missing: {"e":"reset","p":"v1","conversation":"c"}'],
  [
    '{"t":1,"p":"v1","e":"ok","id":"m","conversation":"c","stream":"public","seq":0}',
    '"seq" is 0, not a whole number from 1',
  ],
  [
    '{"t":1,"p":"v1","e":"ok","id":"m","conversation":"c","stream":"secret","seq":1}',
    '"stream" is "secret", not one of public, internal',
  ],
  [
    '{"t":1,"p":"v1","e":"up","conn":1,"after":{"c/public":-1}}',
    '"after" is {"c/public":-1}, not seqs by stream',
  ],
  [
    '{"t":1,"p":"v1","e":"up","conn":1,"you":{"role":"visitor"}}',
    '"you" is {"role":"visitor"}, not an object of role, id',
  ],
  ['{"t":1,"p":"harness","e":"phase","phase":"lunch"}', '"phase" is "lunch", not one of warmup, baseline'],
])('a line that is no entry is named: %s', async (line, what) => {
  writeFileSync(path, `${JSON.stringify(reset)}\n${line}\n${JSON.stringify(reset)}\n`)
  await expect(read()).rejects.toThrow(`${path}, line 2: ${what}`)
})

test('fields that are not known yet are let through', async () => {
  writeFileSync(path, '{"t":1,"p":"v1","e":"reset","conversation":"c","mood":"good"}\n')
  expect((await read()).entries).toHaveLength(1)
})

test('a file that is not there is an error of its own', async () => {
  await expect(read()).rejects.toThrow(`${path} cannot be read: ENOENT`)
})

function linesInFile(): number {
  return readFileSync(path, 'utf8').split('\n').length - 1
}

async function read(): Promise<{ entries: [number, HistoryEntry][]; end: HistoryRead }> {
  const entries: [number, HistoryEntry][] = []
  const end = await readHistory(path, (entry, line) => {
    entries.push([line, entry])
  })
  return { entries, end }
}
