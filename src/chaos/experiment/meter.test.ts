import { describe, expect, test } from 'vitest'
import type { HistoryEntry } from '../check/history.ts'
import { Meter, patienceMs } from './meter.ts'

const place = { conversation: 'c', stream: 'public', seq: 1 } as const

function invoke(t: number, id: string): HistoryEntry {
  return { t, p: 'v1', e: 'invoke', id, conn: 1, hash: 1, stream: 'public' }
}
function ok(t: number, id: string): HistoryEntry {
  return { t, p: 'v1', e: 'ok', id, ...place }
}
function fail(t: number, id: string, code: string): HistoryEntry {
  return { t, p: 'v1', e: 'fail', id, code }
}
function meterOf(...entries: readonly HistoryEntry[]): Meter {
  const meter = new Meter()
  for (const entry of entries) meter.add(entry)
  return meter
}

describe('a stretch', () => {
  test('times each ack from the first attempt, and counts it where it came', () => {
    const meter = meterOf(invoke(900, 'a'), invoke(1_000, 'b'), ok(1_010, 'b'), ok(1_300, 'a'))
    expect(meter.stretch(1_000, 2_000)).toEqual({
      avgMs: 205,
      p50Ms: 10,
      p99Ms: 400,
      errorRate: 0,
      acks: 2,
    })
    expect(meter.stretch(0, 1_000)).toMatchObject({ acks: 0, avgMs: undefined })
  })

  test('has an error for each send that was begun in it and got no ack in time, also when one came later', () => {
    const meter = meterOf(invoke(0, 'a'), invoke(1, 'b'), invoke(2, 'c'), ok(5, 'c'), ok(patienceMs + 2, 'b'))
    expect(meter.stretch(0, 3).errorRate).toBeCloseTo(2 / 3)
  })

  test('leaves out what still has time', () => {
    const meter = meterOf(invoke(0, 'a'), ok(1, 'a'), invoke(2, 'b'))
    expect(meter.stretch(0, 10).errorRate).toBe(0)
    expect(meter.open).toBe(1)
  })

  test('counts a rejection as an error, but not the answer that came too late for its epoch', () => {
    const meter = meterOf(
      invoke(0, 'a'),
      invoke(0, 'b'),
      invoke(0, 'c'),
      fail(1, 'a', 'filtered'),
      fail(1, 'b', 'stale_epoch'),
      ok(1, 'c'),
    )
    expect(meter.stretch(0, 10).errorRate).toBe(0.5)
  })

  test('knows nothing of commands', () => {
    const command = { ...invoke(0, 'a'), command: 'close' } as HistoryEntry
    expect(meterOf(command, ok(1, 'a')).stretch(0, 10)).toMatchObject({ acks: 0, errorRate: undefined })
  })
})

describe('a second', () => {
  test('has the errors that fell due in it, once', () => {
    const meter = meterOf(invoke(500, 'a'), invoke(700, 'b'), fail(900, 'b', 'filtered'))
    expect(meter.flow(0, 1_000).errors).toBe(1)
    expect(meter.flow(1_000, 2_000).errors).toBe(0)
    expect(meter.flow(5_000, 6_000).errors).toBe(1)
    expect(meter.flow(6_000, 7_000).errors).toBe(0)
  })

  test('tells how many sends have been waiting for more than a second', () => {
    const meter = meterOf(invoke(500, 'a'), invoke(1_200, 'b'))
    expect(meter.flow(0, 1_000).unknown).toBe(0)
    expect(meter.flow(1_000, 2_000).unknown).toBe(1)
    meter.add(ok(2_100, 'a'))
    expect(meter.flow(2_000, 3_000).unknown).toBe(1)
  })
})
