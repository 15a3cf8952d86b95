import { describe, expect, test } from 'vitest'
import { manualClock } from '../../core/clock.ts'
import type { Answer, DeskCommand } from '../bus/wire.ts'
import { createDeskStage } from './desk-stage.ts'

const done: Answer = { status: 'done' }
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function start(bounds: { readonly concurrency: number; readonly queue: number }) {
  const clock = manualClock()
  const carried: { readonly id: string; readonly end: PromiseWithResolvers<Answer> }[] = []
  const stage = createDeskStage({
    ...bounds,
    withinMs: 10_000,
    clock,
    command: ({ id }) => {
      const end = Promise.withResolvers<Answer>()
      carried.push({ id, end })
      return end.promise
    },
  })
  const command = (id: string, conversation: string): Promise<Answer> => {
    const asked: DeskCommand = {
      kind: 'command',
      command: 'accept',
      id,
      conversation,
      epoch: 0,
      by: { role: 'agent', id: 'a1', name: 'Alice' },
    }
    return stage.command(asked)
  }
  return { clock, stage, carried, command, underWay: () => carried.map(({ id }) => id) }
}

describe("agents' commands in the writer", () => {
  test('so many are under way at a time, those of one conversation one after the other', async () => {
    const { carried, command, underWay } = start({ concurrency: 2, queue: 10 })
    const first = command('1', 'x')
    const second = command('2', 'x')
    const third = command('3', 'y')
    const fourth = command('4', 'z')
    expect(underWay()).toEqual(['1', '3'])
    carried[0]?.end.resolve(done)
    expect(await first).toEqual(done)
    await turn()
    expect(underWay().toSorted()).toEqual(['1', '3', '4'])
    for (const { end } of carried) end.resolve(done)
    expect(await Promise.all([third, fourth])).toEqual([done, done])
    await turn()
    for (const { end } of carried) end.resolve(done)
    expect(await second).toEqual(done)
  })

  test('a full queue answers busy, and counts it', async () => {
    const { stage, command } = start({ concurrency: 1, queue: 1 })
    void command('1', 'x')
    void command('2', 'y')
    expect(await command('3', 'z')).toEqual({
      status: 'failed',
      code: 'busy',
      message: 'too many commands wait for the desk',
      retryAfterMs: 1_000,
    })
    expect(stage.report()).toMatchObject({
      in: 3,
      out: 0,
      refused: { full: 1 },
      queue: { depth: 1, limit: 1 },
    })
  })

  test('one without an outcome in time is unknown, and holds up nobody', async () => {
    const { clock, command, underWay } = start({ concurrency: 1, queue: 5 })
    const stuck = command('1', 'x')
    void command('2', 'x')
    clock.advance(10_000)
    expect(await stuck).toMatchObject({ status: 'failed', code: 'unavailable' })
    expect(underWay()).toEqual(['1', '2'])
  })

  test('one that fails fails alone', async () => {
    const { carried, command, underWay } = start({ concurrency: 1, queue: 5 })
    const failing = command('1', 'x')
    void command('2', 'y')
    carried[0]?.end.reject(new Error('a defect'))
    await expect(failing).rejects.toThrow('a defect')
    await turn()
    expect(underWay()).toEqual(['1', '2'])
  })
})
