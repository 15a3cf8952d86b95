import { expect, test } from 'vitest'
import { createGate } from './gate.ts'

test('tasks beyond the bound wait their turn in order, and beyond the queue are refused at once', async () => {
  const gate = createGate({ concurrent: 1, waiting: 2 })
  const order: string[] = []
  const first = Promise.withResolvers<void>()
  const slow = gate.run(async () => {
    await first.promise
    order.push('first')
  })
  const task = (name: string) => gate.run(async () => order.push(name))
  const second = task('second')
  const third = task('third')
  expect(await task('fourth')).toBeUndefined()
  expect(order).toEqual([])
  first.resolve()
  await Promise.all([slow, second, third])
  expect(order).toEqual(['first', 'second', 'third'])
})

test('a task that fails frees its place', async () => {
  const gate = createGate({ concurrent: 1, waiting: 0 })
  await expect(gate.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await gate.run(() => Promise.resolve(7))).toEqual({ value: 7 })
})
