import { describe, expect, test } from 'vitest'
import type { Page } from '../protocol/frames.ts'
import type { ThreadMessage } from './contract.ts'
import { ThreadModel } from './thread.ts'

const conversation = 'aaaaaaaaaaaaaaaa'
const last = Number.MAX_SAFE_INTEGER

function message(seq: number): ThreadMessage {
  return {
    seq,
    id: `m${seq}`,
    from: { role: 'agent', id: 'a1' },
    body: { kind: 'text', text: `${seq}` },
    at: seq,
    mine: false,
  }
}

function page(
  bound: { readonly before?: number; readonly after?: number },
  seqs: readonly number[],
  head: number,
): Page {
  return { type: 'page', conversation, stream: 'public', ...bound, messages: seqs.map(message), head }
}

function thread(head?: number, keep = 1_000) {
  const model = new ThreadModel(conversation, 'public', keep)
  if (head !== undefined) model.place(head)
  const seqs = () => model.view([]).messages.map(({ seq }) => seq)
  const add = (seq: number) => model.add(message(seq)).map((one) => one.seq)
  const addPage = (...args: Parameters<typeof page>) =>
    model.addPage(page(...args), () => false).map(({ seq }) => seq)
  return { model, seqs, add, addPage }
}

describe('a thread', () => {
  test('takes the next seq, ignores what it has, and keeps what is early for its turn', () => {
    const { model, seqs, add } = thread(4)
    expect(add(5)).toEqual([5])
    expect(add(5)).toEqual([])
    expect(add(2)).toEqual([])
    expect(add(8)).toEqual([])
    expect(add(7)).toEqual([])
    expect(model.behind).toBe(true)
    expect(add(6)).toEqual([6, 7, 8])
    expect(model.behind).toBe(false)
    expect(seqs()).toEqual([5, 6, 7, 8])
  })

  test('fills a hole from a page and goes on with what waited', () => {
    const { seqs, add, addPage } = thread(1)
    add(4)
    expect(addPage({ after: 1 }, [2, 3], 4)).toEqual([2, 3, 4])
    expect(seqs()).toEqual([2, 3, 4])
  })

  test('joins older pages at its lower end only', () => {
    const { seqs, addPage, model } = thread(6)
    addPage({ before: 7 }, [5, 6], 6)
    addPage({ before: 3 }, [1, 2], 6)
    expect(seqs()).toEqual([5, 6])
    addPage({ before: 5 }, [3, 4], 6)
    addPage({ before: 5 }, [3, 4], 6)
    expect(seqs()).toEqual([3, 4, 5, 6])
    expect(model.complete).toBe(false)
    addPage({ before: 3 }, [1, 2], 6)
    expect(model.complete).toBe(true)
  })

  test('knows that nothing older is kept when the page before its first seq is empty', () => {
    const { addPage, model } = thread(6)
    addPage({ before: 7 }, [5, 6], 6)
    addPage({ before: 5 }, [], 6)
    expect(model.complete).toBe(true)
  })

  test('without a place waits for its last page, and live frames meanwhile are not lost', () => {
    const { model, seqs, add, addPage } = thread()
    expect(model.behind).toBe(true)
    expect(add(8)).toEqual([])
    expect(addPage({ before: last }, [6, 7], 7)).toEqual([8])
    expect(seqs()).toEqual([6, 7, 8])
    expect(model.behind).toBe(false)
  })

  test('without a place and without messages begins behind the head', () => {
    const { model, addPage, add } = thread()
    addPage({ before: last }, [], 3)
    expect(model.complete).toBe(true)
    expect(add(4)).toEqual([4])
  })

  test('while catching up only pages move it, until one meets the head', () => {
    const { model, add, addPage, seqs } = thread(1)
    model.hear(4)
    model.catchingUp = true
    expect(add(2)).toEqual([])
    expect(model.cursor).toBe(1)
    expect(addPage({ after: 1 }, [2, 3], 4)).toEqual([2, 3])
    expect(add(4)).toEqual([])
    expect(addPage({ after: 3 }, [4], 4)).toEqual([4])
    expect(add(5)).toEqual([5])
    expect(seqs()).toEqual([2, 3, 4, 5])
  })

  test('lets the oldest go when there are too many, and can load them again', () => {
    const { model, seqs, add, addPage } = thread(0, 10)
    for (let seq = 1; seq <= 75; seq++) add(seq)
    expect(seqs()).toEqual([66, 67, 68, 69, 70, 71, 72, 73, 74, 75])
    expect(model.complete).toBe(false)
    addPage({ before: 66 }, [64, 65], 75)
    expect(seqs().slice(0, 3)).toEqual([64, 65, 66])
  })

  test('a retracted message keeps its place and loses its content', () => {
    const { model, add } = thread(0)
    add(1)
    add(2)
    model.retract(1)
    model.retract(9)
    expect(model.view([]).messages.map(({ body }) => body)).toEqual([
      { kind: 'retracted' },
      { kind: 'text', text: '2' },
    ])
  })

  test('its view keeps its identity while nothing changes', () => {
    const { model, add } = thread(0)
    add(1)
    const before = model.view([])
    add(1)
    expect(model.view([])).toBe(before)
    add(2)
    expect(model.view([])).not.toBe(before)
    expect(before.messages).toHaveLength(1)
  })
})
