import { describe, expect, test } from 'vitest'
import { compositionGuard } from './composition.ts'

const enter = { isComposing: false, keyCode: 13 }

function guardByHand(): { guard: ReturnType<typeof compositionGuard>; tick: () => void } {
  const tasks: (() => void)[] = []
  return {
    guard: compositionGuard((task) => tasks.push(task)),
    tick: () => {
      for (const task of tasks.splice(0)) task()
    },
  }
}

describe('an input method', () => {
  test('Enter is the page’s own when nothing is composed', () => {
    expect(guardByHand().guard.owns(enter)).toBe(false)
  })

  test('Enter is the input method’s while composing', () => {
    const { guard } = guardByHand()
    guard.start()
    expect(guard.owns(enter)).toBe(true)
    expect(guard.active()).toBe(true)
  })

  test('Enter stays the input method’s for one tick after compositionend', () => {
    const { guard, tick } = guardByHand()
    guard.start()
    guard.end()
    expect(guard.active()).toBe(false)
    expect(guard.owns(enter)).toBe(true)
    tick()
    expect(guard.owns(enter)).toBe(false)
  })

  test('a composition that begins within that tick still owns Enter after it', () => {
    const { guard, tick } = guardByHand()
    guard.start()
    guard.end()
    guard.start()
    tick()
    expect(guard.owns(enter)).toBe(true)
  })

  test.each([
    { isComposing: true, keyCode: 13 },
    { isComposing: false, keyCode: 229 },
  ])('the event’s own word counts: %j', (key) => {
    expect(guardByHand().guard.owns(key)).toBe(true)
  })
})
