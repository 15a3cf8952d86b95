import { expect, test } from 'vitest'
import type { Flow, Step } from '../scenario/scenario.ts'
import { seededRandom } from './random.ts'
import { Walks } from './walks.ts'

const text = { from: 'list', list: 'en' } as const
const send: Step = { do: 'send', text }
const ack: Step = { do: 'expect', what: 'ack', withinMs: 100 }
const answer: Step = { do: 'expect', what: 'answer', withinMs: 500 }
const deliver: Step = { do: 'deliver', withinMs: 200 }
const think = (meanMs: number): Step => ({ do: 'think', meanMs, spread: 'fixed' })

const flow = (...steps: readonly Step[]): Flow => ({ name: 'ask', weight: 1, steps })

function walking(flows: readonly Flow[], backToBackUntil = Number.NEGATIVE_INFINITY) {
  const sent: { readonly visitor: number; readonly intended: number; readonly due: number }[] = []
  const failed: { readonly index: number; readonly reason: string }[] = []
  const walks = new Walks(flows, 2, {
    random: seededRandom(7),
    backToBackUntil: () => backToBackUntil,
    send: (visitor, intended, due) => sent.push({ visitor, intended, due }) - 1,
    failed: (_visitor, index, reason) => {
      failed.push({ index, reason })
    },
  })
  return { walks, sent, failed }
}

test('a step is taken when what it waits for has happened, a pause when its time is over', () => {
  const { walks, sent, failed } = walking([flow(send, ack, think(50), send, answer, send)])
  walks.begin(0, 1_000)
  expect(sent).toEqual([{ visitor: 0, intended: 1_000, due: 1_000 }])
  walks.acked(0, 0, 1_010)
  walks.advance(1_059)
  expect(sent.length).toBe(1)
  walks.advance(1_075)
  // Meant for the end of the pause, whenever the loop gets to it.
  expect(sent[1]).toEqual({ visitor: 0, intended: 1_060, due: 1_060 })
  walks.acked(0, 1, 1_080)
  expect(sent.length).toBe(2)
  walks.answered(0, 1_100)
  expect(sent[2]).toEqual({ visitor: 0, intended: 1_100, due: 1_100 })
  expect(failed).toEqual([])
  expect(walks.counts).toEqual([{ name: 'ask', started: 1, finished: 1, failed: 0, cutShort: 0 }])
})

test('what happened in time while the visitor thought is in time; what happened too late is not', () => {
  const prompt = walking([flow(send, think(400), ack)])
  prompt.walks.begin(0, 0)
  prompt.walks.acked(0, 0, 99)
  prompt.walks.advance(400)
  expect(prompt.failed).toEqual([])
  const tardy = walking([flow(send, think(400), ack)])
  tardy.walks.begin(0, 0)
  tardy.walks.acked(0, 0, 101)
  tardy.walks.advance(400)
  expect(tardy.failed).toEqual([
    { index: 0, reason: 'flow ask, step 3 (expect ack within 100 ms): too late' },
  ])
})

test.each([
  { name: 'an ack', step: ack, at: 100, what: 'expect ack within 100 ms' },
  { name: 'an answer', step: answer, at: 500, what: 'expect answer within 500 ms' },
])('$name that does not come in time fails the flow, which says what was not done', ({ step, at, what }) => {
  const { walks, sent, failed } = walking([flow(send, step, send, think(10), send)])
  walks.begin(0, 0)
  walks.advance(at - 1)
  expect(failed).toEqual([])
  walks.advance(at)
  expect(failed).toEqual([
    { index: 0, reason: `flow ask, step 2 (${what}): too late; not taken: steps 3 to 5` },
  ])
  walks.acked(0, 0, at + 1)
  walks.answered(0, at + 1)
  expect(sent.length).toBe(1)
  expect(walks.counts).toEqual([{ name: 'ask', started: 1, finished: 0, failed: 1, cutShort: 0 }])
})

test('a delivery counts when it happened, not when another generator told of it', () => {
  const told = walking([flow(send, deliver, send)])
  told.walks.begin(0, 0)
  told.walks.advance(300)
  told.walks.delivered(0, 0, 200, 310)
  expect(told.failed).toEqual([])
  expect(told.sent[1]).toEqual({ visitor: 0, intended: 310, due: 310 })
  const late = walking([flow(send, deliver, send)])
  late.walks.begin(0, 0)
  late.walks.delivered(0, 0, 201, 205)
  expect(late.failed).toEqual([
    { index: 0, reason: 'flow ask, step 2 (deliver within 200 ms): too late; not taken: step 3' },
  ])
  const never = walking([flow(send, deliver)])
  never.walks.begin(0, 0)
  never.walks.advance(1_199)
  expect(never.failed).toEqual([])
  never.walks.advance(1_200)
  expect(never.failed.length).toBe(1)
})

test('a message that is given up ends the walk that waits for it, and is no second error', () => {
  const { walks, failed } = walking([flow(send, answer, send)])
  walks.begin(0, 0)
  walks.gaveUp(0, 0, 400)
  expect(failed).toEqual([
    {
      index: -1,
      reason: 'flow ask, step 2 (expect answer within 500 ms): its message was given up; not taken: step 3',
    },
  ])
})

test('news of an earlier message, or of another visitor, moves nobody', () => {
  const { walks, sent } = walking([flow(send, send, ack, send)])
  walks.begin(0, 0)
  walks.begin(1, 0)
  walks.acked(0, 0, 10)
  walks.acked(1, 1, 10)
  expect(sent.length).toBe(4)
  walks.acked(0, 1, 20)
  expect(sent.length).toBe(5)
})

test('a flow that was meant to begin during another is charged for what was waited for, not for thinking', () => {
  const { walks, sent } = walking([flow(send, ack, think(50))])
  walks.begin(0, 0)
  walks.begin(0, 20)
  // The target took 90 ms; without that the walk would have ended at 50.
  walks.acked(0, 0, 90)
  walks.advance(140)
  expect(sent[1]).toEqual({ visitor: 0, intended: 50, due: 140 })
  walks.acked(0, 1, 145)
  walks.advance(195)
  // Nothing waited: the next one begins when it is meant to.
  walks.begin(0, 900)
  expect(sent[2]).toEqual({ visitor: 0, intended: 900, due: 900 })
})

test('back to back, the next flow follows the fate of the last message, until the end', () => {
  const { walks, sent } = walking([flow(send)], 100)
  walks.begin(0, 0)
  expect(sent.length).toBe(1)
  walks.acked(0, 0, 10)
  walks.gaveUp(0, 1, 20)
  walks.acked(0, 2, 30)
  expect(sent.map(({ intended }) => intended)).toEqual([0, 10, 20, 30])
  walks.acked(0, 3, 100)
  expect(sent.length).toBe(4)
  expect(walks.counts).toEqual([{ name: 'ask', started: 4, finished: 4, failed: 0, cutShort: 0 }])
})

test('back to back, a flow without any wait lets go all the same', () => {
  const { walks } = walking([flow(think(0))], 1_000)
  walks.begin(0, 0)
  walks.advance(100)
  expect(walks.counts[0]?.started).toBe(101)
})

test('flows are chosen by their weights, the same from the same seed', () => {
  const flows = [
    { ...flow(), name: 'often', weight: 3 },
    { ...flow(), name: 'seldom', weight: 1 },
  ]
  const started = (): readonly number[] => {
    const { walks } = walking(flows)
    for (let i = 0; i < 4_000; i++) walks.begin(0, i)
    return walks.counts.map((count) => count.started)
  }
  const [often = 0, seldom = 0] = started()
  expect(often + seldom).toBe(4_000)
  expect(Math.abs(often / 4_000 - 0.75)).toBeLessThan(0.03)
  expect(started()).toEqual([often, seldom])
})

test('at the end walks are cut short, and what was meant and not begun is counted', () => {
  const { walks, sent } = walking([flow(send, ack, send)])
  walks.begin(0, 0)
  walks.begin(0, 5)
  walks.end()
  walks.acked(0, 0, 10)
  walks.begin(1, 20)
  walks.advance(1_000)
  expect(sent.length).toBe(1)
  expect(walks.counts).toEqual([{ name: 'ask', started: 1, finished: 0, failed: 0, cutShort: 1 }])
  expect(walks.notBegun).toBe(1)
})
