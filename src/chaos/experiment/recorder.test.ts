import { expect, test } from 'vitest'
import { manualClock } from '../../core/clock.ts'
import type { HistoryEntry } from '../check/history.ts'
import { Meter } from './meter.ts'
import { type Note, Recorder } from './recorder.ts'

const place = { conversation: 'c', stream: 'public', seq: 1 } as const
const sent = { e: 'invoke', p: 'v1', hash: 1, stream: 'public' } as const

function setup() {
  const clock = manualClock()
  const entries: HistoryEntry[] = []
  const lines: number[] = []
  const recorder = new Recorder(
    clock,
    { write: (entry) => entries.push(entry), close: () => {} },
    { add: (_entry, line) => lines.push(line), end: () => [] },
    new Meter(),
  )
  const note = (...notes: readonly Note[]): void => {
    for (const one of notes) recorder.note(one)
  }
  return { clock, recorder, entries, lines, note }
}

test('every entry has its time since the run began and its line', () => {
  const { clock, entries, lines, note } = setup()
  note({ e: 'phase', p: 'harness', phase: 'warmup' })
  clock.advance(12.345678)
  note({ e: 'phase', p: 'harness', phase: 'baseline' })
  expect(entries.map(({ t }) => t)).toEqual([0, 12.346])
  expect(lines).toEqual([1, 2])
})

test('what was said without a connection and then leaves is no retry; what leaves again is one', () => {
  const { recorder, note } = setup()
  const again = { e: 'info', p: 'v1', id: 'a', why: 'retry', conn: 1 } as const
  note({ ...sent, id: 'a', conn: 0 }, again, again)
  note({ ...sent, id: 'b', conn: 1 }, { ...again, id: 'b' })
  expect(recorder.counts).toMatchObject({ sends: 2, retries: 2 })
})

test('conversations that anybody was told of are remembered with their streams', () => {
  const { recorder, note } = setup()
  note({ e: 'ok', p: 'v1', id: 'a', ...place })
  note({ e: 'seen', p: 'a1', id: 'b', ...place, stream: 'internal', from: 'A', role: 'agent', hash: 1 })
  expect(recorder.met).toEqual(new Map([['c', new Set(['public', 'internal'])]]))
})

test('after the end nothing is taken any more', () => {
  const { recorder, entries, note } = setup()
  recorder.end()
  note({ e: 'reset', p: 'v1', conversation: 'c' })
  expect(entries).toEqual([])
  expect(recorder.counts.resets).toBe(0)
})
