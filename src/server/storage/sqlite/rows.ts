import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'

export type Row = Readonly<Record<string, SQLOutputValue>>

/** A column that the schema declares as an integer. */
export function int(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw wrongType(column, 'an integer', value)
  return value
}

/** A column that the schema declares as text. */
export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw wrongType(column, 'text', value)
  return value
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column)
}

export function raw(row: Row, column: string): SQLOutputValue {
  return row[column] ?? null
}

/** Prepares on first use: a connection that never asks pays nothing. */
export function lazily(db: DatabaseSync, sql: string): () => StatementSync {
  let statement: StatementSync | undefined
  return () => (statement ??= db.prepare(sql))
}

/** The first row as decoded by `decode`, or undefined. */
export function one<T>(
  statement: StatementSync,
  decode: (row: Row) => T,
  ...values: readonly SQLInputValue[]
): T | undefined {
  const row = statement.get(...values)
  return row === undefined ? undefined : decode(row)
}

export function all<T>(
  statement: StatementSync,
  decode: (row: Row) => T,
  ...values: readonly SQLInputValue[]
): readonly T[] {
  return statement.all(...values).map(decode)
}

function wrongType(column: string, wanted: string, value: SQLOutputValue | undefined): TypeError {
  return new TypeError(
    `Column ${column} holds ${value === null ? 'NULL' : typeof value} where the schema says ${wanted}.`,
  )
}
