import { describe, expect, it } from 'vitest'
import { createEta } from './eta.ts'

describe('eta', () => {
  it('is unknown until two assignments out of a waiting queue were seen', () => {
    const eta = createEta()
    expect(eta.of(1)).toBeNull()
    eta.assigned(0, true)
    expect(eta.of(1)).toBeNull()
    eta.assigned(3_000, true)
    expect([eta.of(1), eta.of(4)]).toEqual([3, 12])
  })

  it('follows the newest intervals', () => {
    const eta = createEta()
    eta.assigned(0, true)
    eta.assigned(10_000, true)
    eta.assigned(10_000, true)
    expect(eta.of(1)).toBe(8)
  })

  it('counts neither who was served at once nor the pause of an empty queue', () => {
    const eta = createEta()
    eta.assigned(0, true)
    eta.assigned(1_000, false)
    eta.assigned(2_000, true)
    eta.emptied()
    eta.assigned(900_000, true)
    eta.assigned(902_000, true)
    expect(eta.of(1)).toBe(2)
  })
})
