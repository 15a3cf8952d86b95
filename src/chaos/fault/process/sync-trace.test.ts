import { expect, test } from 'vitest'
import { readTrace } from './sync-trace.ts'

function certain(...lines: readonly string[]): unknown {
  return readTrace(lines.join('\n')).get('/d/wal')
}

test('what was written and then synced is certain; what was written since is not', () => {
  expect(
    certain(
      '7 pwrite64(3</d/wal>, ""..., 100, 0) = 100',
      '7 fsync(3</d/wal>)                    = 0',
      '7 pwrite64(3</d/wal>, ""..., 50, 80) = 50',
    ),
  ).toEqual({ syncedLength: 100, uncertain: [{ from: 80, to: 100 }], syncs: 1 })
})

test('a failed or unfinished sync vouches for nothing', () => {
  expect(
    certain(
      '7 pwrite64(3</d/wal>, ""..., 100, 0) = 100',
      '7 fsync(3</d/wal>)                    = -1 EIO (Input/output error) (INJECTED)',
      '7 fsync(3</d/wal> <unfinished ...>',
    ),
  ).toEqual({ syncedLength: 0, uncertain: [], syncs: 0 })
})

test('a sync vouches only for writes that had returned when it began', () => {
  expect(
    certain(
      '7 pwrite64(3</d/wal>, ""..., 100, 0) = 100',
      '8 fsync(4</d/wal> <unfinished ...>',
      '7 pwrite64(3</d/wal>, ""..., 100, 100) = 100',
      '8 <... fsync resumed>)                = 0',
    ),
  ).toEqual({ syncedLength: 100, uncertain: [], syncs: 1 })
})

test('a truncated file begins anew', () => {
  expect(
    certain(
      '7 pwrite64(3</d/wal>, ""..., 100, 0) = 100',
      '7 fdatasync(3</d/wal>)                = 0',
      '7 ftruncate(3</d/wal>, 0)             = 0',
      '7 pwrite64(3</d/wal>, ""..., 10, 0 <unfinished ...>',
    ),
  ).toEqual({ syncedLength: 0, uncertain: [], syncs: 1 })
})

test("a later process's sync vouches for what a killed one wrote", () => {
  expect(
    certain(
      '7 pwrite64(3</d/wal>, ""..., 100, 0 <unfinished ...>',
      '7 +++ killed by SIGKILL +++',
      '9 fsync(5</d/wal>)                    = 0',
    ),
  ).toEqual({ syncedLength: 100, uncertain: [], syncs: 1 })
})

test('what was synced when the trace began is certain, but for what was written over it since', () => {
  const trace = '7 pwrite64(3</d/wal>, ""..., 100, 450) = 100'
  expect(readTrace(trace, new Map([['/d/wal', 500]])).get('/d/wal')).toEqual({
    syncedLength: 500,
    uncertain: [{ from: 450, to: 500 }],
    syncs: 0,
  })
})
