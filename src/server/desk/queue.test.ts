import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createQueue, type Place } from './queue.ts'

describe('queue', () => {
  it('stands in the order of waiting, and of arrival among equals', () => {
    const queue = createQueue<string>()
    queue.insert('late', { returned: false, waitingSince: 30 })
    queue.insert('early', { returned: false, waitingSince: 10 })
    const second = queue.insert('early too', { returned: false, waitingSince: 10 })
    expect(queue.range(0, 10)).toEqual(['early', 'early too', 'late'])
    expect(queue.position(second)).toBe(2)
  })

  it('puts who lost its agent before all others', () => {
    const queue = createQueue<string>()
    queue.insert('waiting', { returned: false, waitingSince: 10 })
    const returned = queue.insert('returned', { returned: true, waitingSince: 20 })
    expect(queue.range(0, 10)).toEqual(['returned', 'waiting'])
    expect(queue.position(returned)).toBe(1)
  })

  it('takes out once', () => {
    const queue = createQueue<string>()
    const place = queue.insert('only', { returned: false, waitingSince: 1 })
    expect(queue.remove(place)).toBe(true)
    expect(queue.remove(place)).toBe(false)
    expect(queue.position(place)).toBe(0)
    expect(queue.size()).toBe(0)
  })

  it('agrees with a sorted list, whatever is inserted and removed', () => {
    const step = fc.record({ returned: fc.boolean(), waitingSince: fc.nat(20), take: fc.nat(30) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const queue = createQueue<number>()
        let model: { readonly place: Place<number>; readonly key: number[] }[] = []
        for (const [n, { returned, waitingSince, take }] of steps.entries()) {
          const chosen = model[take]
          if (chosen !== undefined) {
            queue.remove(chosen.place)
            model = model.filter((entry) => entry !== chosen)
          }
          const place = queue.insert(n, { returned, waitingSince })
          model = [...model, { place, key: [returned ? 0 : 1, waitingSince, n] }].sort((a, b) =>
            compare(a.key, b.key),
          )
        }
        expect(queue.size()).toBe(model.length)
        expect(queue.range(0, model.length)).toEqual(model.map(({ place }) => place.item))
        expect(queue.range(3, 4)).toEqual(model.slice(3, 7).map(({ place }) => place.item))
        expect(model.map(({ place }) => queue.position(place))).toEqual(model.map((_, i) => i + 1))
      }),
    )
  })
})

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, left] of a.entries()) {
    const right = b[i] ?? 0
    if (left !== right) return left - right
  }
  return 0
}
