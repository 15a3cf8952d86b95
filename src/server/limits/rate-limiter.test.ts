import fc from 'fast-check'
import { expect, test } from 'vitest'
import { manualClock } from '../../core/clock.ts'
import { createRateLimiter } from './rate-limiter.ts'

const options = { burst: 3, refillMs: 1_000, maxKeys: 100 }

test('a key has its burst at once, then waits for the refill and is told how long', () => {
  const clock = manualClock()
  const limiter = createRateLimiter(clock, options)
  expect([limiter.take('a'), limiter.take('a'), limiter.take('a')]).toEqual([
    { ok: true },
    { ok: true },
    { ok: true },
  ])
  expect(limiter.take('a')).toEqual({ ok: false, retryAfterMs: 1_000 })
  clock.advance(400)
  expect(limiter.take('a')).toEqual({ ok: false, retryAfterMs: 600 })
  clock.advance(600)
  expect(limiter.take('a')).toEqual({ ok: true })
  expect(limiter.take('a').ok).toBe(false)
})

test('keys do not share an allowance', () => {
  const limiter = createRateLimiter(manualClock(), { ...options, burst: 1 })
  expect(limiter.take('a').ok).toBe(true)
  expect(limiter.take('a').ok).toBe(false)
  expect(limiter.take('b').ok).toBe(true)
})

test('what is given back can be taken again, and never more than the burst', () => {
  const limiter = createRateLimiter(manualClock(), { ...options, burst: 1 })
  limiter.giveBack('a')
  expect(limiter.take('a').ok).toBe(true)
  expect(limiter.take('a').ok).toBe(false)
  limiter.giveBack('a')
  expect(limiter.take('a').ok).toBe(true)
  expect(limiter.take('a').ok).toBe(false)
})

test('it remembers at most maxKeys keys and forgets the one untouched for longest', () => {
  const limiter = createRateLimiter(manualClock(), { burst: 1, refillMs: 1_000, maxKeys: 2 })
  limiter.take('a')
  limiter.take('b')
  limiter.take('a')
  limiter.take('c')
  expect(limiter.size()).toBe(2)
  expect(limiter.take('a').ok).toBe(false)
  expect(limiter.take('b').ok).toBe(true)
})

test('over any span no key gets more than its burst and the refills of that span', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 60 }), (pauses) => {
      const clock = manualClock()
      const limiter = createRateLimiter(clock, options)
      let granted = 0
      for (const pause of pauses) {
        clock.advance(pause)
        if (limiter.take('a').ok) granted += 1
        expect(granted).toBeLessThanOrEqual(options.burst + clock.monotonic() / options.refillMs + 1e-9)
      }
    }),
  )
})
