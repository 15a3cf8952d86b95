import { expect, test } from 'vitest'
import { manualClock } from '../../core/clock.ts'
import { createGroupCommit, type GroupCommit, type Submitter } from './group-commit.ts'
import type { Operation, Outcome } from './store.ts'

type Running = {
  readonly operations: readonly Operation[]
  readonly end: () => void
  readonly fail: (error: Error) => void
}

/** A store whose commits end when told. */
function start(maxBatch = 100) {
  const clock = manualClock()
  const running: Running[] = []
  const told: string[] = []
  const batches: number[] = []
  const failures: unknown[] = []
  const group: GroupCommit = createGroupCommit(
    {
      commit: (operations) =>
        new Promise<readonly Outcome[]>((resolve, reject) => {
          running.push({
            operations,
            end: () => {
              resolve(operations.map(() => ({ status: 'done' })))
            },
            fail: reject,
          })
        }),
    },
    {
      maxBatch,
      paceMs: (operations) => (operations < 3 ? 0 : 3),
      monotonic: clock.monotonic,
      after: clock.after,
      onBatch: (count) => {
        batches.push(count)
        told.push('batch')
      },
      onFailure: (error) => failures.push(error),
    },
  )
  const submitter: Submitter = {
    committed: (token, operation) => told.push(`${token} ${nameOf(operation)}`),
    failed: (token, operation, message) => told.push(`${token} ${nameOf(operation)} failed: ${message}`),
  }
  return { clock, group, running, told, batches, failures, submitter }
}

const operation = (name: string): Operation => ({
  kind: 'mark_read',
  conversation: name,
  role: 'agent',
  seq: 1,
})
const nameOf = (of: Operation): string => ('conversation' in of ? (of.conversation ?? '') : '')
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const turns = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) await turn()
}

test('everything that waits is one commit, and the next starts when it ends, with all that came meanwhile', async () => {
  const { clock, group, running, told, submitter, batches } = start()
  group.submit(operation('a'), submitter, 1)
  group.submit(operation('b'), submitter, 2)
  await turns()
  expect(running.map(({ operations }) => operations.map(nameOf))).toEqual([['a', 'b']])
  for (const [i, name] of ['c', 'd', 'e'].entries()) group.submit(operation(name), submitter, 3 + i)
  await turns()
  expect(running).toHaveLength(1)
  expect(group.waiting()).toBe(3)
  expect(told).toEqual([])
  running[0]?.end()
  await turns()
  expect(told).toEqual(['1 a', '2 b', 'batch'])
  expect(running[1]?.operations.map(nameOf)).toEqual(['c', 'd', 'e'])
  running[1]?.end()
  await turns()
  clock.advance(3)
  await group.drained()
  expect(told).toEqual(['1 a', '2 b', 'batch', '3 c', '4 d', '5 e', 'batch'])
  expect(batches).toEqual([2, 3])
})

test('a commit takes at most maxBatch operations, and order is kept across commits', async () => {
  const { group, running, told, submitter } = start(2)
  for (const [i, name] of ['a', 'b', 'c', 'd', 'e'].entries()) group.submit(operation(name), submitter, i)
  const drained = group.drained()
  for (let i = 0; i < 3; i++) {
    await turns()
    running[i]?.end()
  }
  await drained
  expect(running.map(({ operations }) => operations.map(nameOf))).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  expect(told.filter((line) => line !== 'batch')).toEqual(['0 a', '1 b', '2 c', '3 d', '4 e'])
})

test('a failed commit fails what waits behind it too, in order, and later ones are carried out', async () => {
  const { group, running, told, submitter, batches, failures } = start()
  group.submit(operation('a'), submitter, 1)
  await turns()
  group.submit(operation('b'), submitter, 2)
  const error = new Error('disk full')
  running[0]?.fail(error)
  await group.drained()
  expect(told).toEqual(['1 a failed: disk full', '2 b failed: disk full'])
  expect(failures).toEqual([error])
  expect(batches).toEqual([])
  expect(running).toHaveLength(1)
  group.submit(operation('b'), submitter, 3)
  await turns()
  running[1]?.end()
  await group.drained()
  expect(told.slice(2)).toEqual(['3 b', 'batch'])
})

test('what is submitted while outcomes are told goes into the next commit', async () => {
  const { group, running, told, submitter } = start()
  const again: Submitter = {
    ...submitter,
    committed: (token, of) => {
      told.push(`${token} ${nameOf(of)}`)
      group.submit(operation('again'), submitter, 9)
    },
  }
  group.submit(operation('a'), again, 1)
  await turns()
  running[0]?.end()
  await turns()
  running[1]?.end()
  await group.drained()
  expect(told).toEqual(['1 a', 'batch', '9 again', 'batch'])
})

test('under load commits keep a pace, counted from the start of the last one; under little load they do not', async () => {
  const { clock, group, running, submitter } = start(4)
  const submit = (...names: string[]): void => {
    for (const name of names) group.submit(operation(name), submitter, 1)
  }
  submit('a', 'b', 'c')
  await turns()
  submit('d')
  clock.advance(1)
  running[0]?.end()
  await turns()
  expect(running).toHaveLength(1)
  submit('e')
  clock.advance(2)
  await turns()
  expect(running[1]?.operations.map(nameOf)).toEqual(['d', 'e'])
  submit('f')
  running[1]?.end()
  await turns()
  expect(running[2]?.operations.map(nameOf)).toEqual(['f'])
  submit('g', 'h', 'i')
  running[2]?.end()
  await turns()
  submit('j', 'k', 'l', 'm')
  running[3]?.end()
  await turns()
  // A full batch waits for nothing.
  expect(running[4]?.operations.map(nameOf)).toEqual(['j', 'k', 'l', 'm'])
})

test('a batch that fills while the pace is waited for starts at once, and the wait that it ended starts nothing', async () => {
  const { clock, group, running, submitter } = start(4)
  const submit = (...names: string[]): void => {
    for (const name of names) group.submit(operation(name), submitter, 1)
  }
  const committed = (): readonly (readonly string[])[] =>
    running.map(({ operations }) => operations.map(nameOf))
  submit('a', 'b', 'c')
  await turns()
  running[0]?.end()
  await turns()
  submit('d', 'e', 'f')
  await turns()
  expect(committed()).toEqual([['a', 'b', 'c']])
  submit('g', 'h')
  await turns()
  expect(committed().slice(1)).toEqual([['d', 'e', 'f', 'g']])
  clock.advance(3)
  await turns()
  expect(running).toHaveLength(2)
  running[1]?.end()
  await turns()
  expect(committed().slice(2)).toEqual([['h']])
})

test('nothing to commit is drained at once', async () => {
  const { group, running } = start()
  await group.drained()
  expect(running).toEqual([])
})
