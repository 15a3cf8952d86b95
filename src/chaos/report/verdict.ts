import type { LoadMode } from '../load/ipc.ts'
import type { Integrity } from './account.ts'
import type { Row } from './row.ts'

/** What is asked of every row, with the bound and what was found. */
export type Threshold = {
  readonly name: 'connected' | 'average' | 'errorRate' | 'answers' | 'undelivered'
  readonly bound: number
  readonly value: number | null
  readonly holds: boolean
}

export type JudgedRow = { readonly row: Row; readonly thresholds: readonly Threshold[] }

export type Verdict = {
  readonly outcome: 'pass' | 'fail' | 'invalid' | 'interrupted'
  readonly exitCode: 0 | 5 | 6 | 130
  readonly validRows: number
}

export const bounds = { averageMs: 10, errorRate: 0 } as const

/** The thresholds of a row; the average only in open mode, since a closed loop is as slow as it is wide. */
export function thresholdsOf(row: Row, mode: LoadMode, integrity: Integrity | null): readonly Threshold[] {
  const list: Threshold[] = [
    {
      name: 'connected',
      bound: row.concurrency,
      value: row.connected,
      holds: row.connected >= row.concurrency,
    },
    {
      name: 'errorRate',
      bound: bounds.errorRate,
      value: row.error_rate,
      holds: row.error_rate !== null && row.error_rate <= bounds.errorRate,
    },
  ]
  if (mode === 'open') {
    list.unshift({
      name: 'average',
      bound: bounds.averageMs,
      value: row.avg_ms,
      holds: row.avg_ms !== null && row.avg_ms <= bounds.averageMs,
    })
  }
  if (integrity !== null && integrity.answersAcked + integrity.answersUnacked > 0) {
    list.push({
      name: 'answers',
      bound: 0,
      value: integrity.answersUnacked,
      holds: integrity.answersUnacked === 0,
    })
  }
  if (integrity !== null) {
    const { undelivered } = integrity
    list.push({ name: 'undelivered', bound: 0, value: undelivered, holds: undelivered === 0 })
  }
  return list
}

/**
 * Loss, doubling and disorder fail a run whatever the instrument was worth, since they are facts; thresholds fail it on valid
 * rows only. Then any invalid row makes the whole invalid.
 */
export function verdictOf(rows: readonly JudgedRow[], interrupted: boolean): Verdict {
  const validRows = rows.filter(({ row }) => row.valid).length
  const broken = rows.some(({ row }) => row.lost + row.duplicated + row.out_of_order > 0)
  const violated = rows.some(
    ({ row, thresholds }) => row.valid && thresholds.some((threshold) => !threshold.holds),
  )
  if (interrupted) return { outcome: 'interrupted', exitCode: 130, validRows }
  if (broken || violated) return { outcome: 'fail', exitCode: 5, validRows }
  if (validRows < rows.length || rows.length === 0) return { outcome: 'invalid', exitCode: 6, validRows }
  return { outcome: 'pass', exitCode: 0, validRows }
}
