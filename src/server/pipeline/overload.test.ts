import { describe, expect, test } from 'vitest'
import { type OverloadOptions, overload, type Second } from './overload-in-test.ts'

// 20,000 visitors, one message per 2 s each: 10,000 a second. At half speed the server stores 7,000.
const begins = 10
const ends = 20
const options: OverloadOptions = {
  senders: 20_000,
  everyMs: 2_000,
  forMs: 32_000,
  seed: 7,
  speed: (now) => (now >= begins * 1000 && now < ends * 1000 ? 0.5 : 1),
  storedPerSecond: 14_000,
  cost: { refusedUs: 8, admittedUs: 36, answeredUs: 18 },
  target: { targetMs: 500, intervalMs: 1_000 },
  queue: 32_768,
}

const sum = (seconds: readonly Second[], key: keyof Second): number =>
  seconds.reduce((total, second) => total + second[key], 0)

describe('20,000 open-loop senders when the server loses half of its speed for 10 s', () => {
  test.each([1, 7, 1_234])('goodput stays above 70 %% of what is left, and returns (seed %i)', (seed) => {
    const seconds = overload({ ...options, seed })
    expect(sum(seconds.slice(0, begins), 'refused')).toBe(0)
    // Each second, and on the whole.
    const slow = seconds.slice(begins, ends)
    expect(Math.min(...slow.map(({ acked }) => acked))).toBeGreaterThan(0.7 * 7_000)
    expect(sum(slow, 'acked')).toBeGreaterThan(0.9 * 10 * 7_000)
    // What waits for the writer is bounded by time, not by the queue.
    expect(Math.max(...slow.map(({ waiting }) => waiting))).toBeLessThan(2 * 7_000)
    // Afterwards all that was put off is stored, and nobody is refused any more.
    const after = seconds.slice(ends + 8)
    expect(sum(seconds, 'acked')).toBeGreaterThan(sum(seconds, 'offered') - 200)
    expect(sum(after, 'refused')).toBe(0)
    for (const { acked, offered, backlog } of after) {
      expect(acked).toBeGreaterThan(0.97 * offered)
      expect(backlog).toBeLessThan(200)
    }
  })

  test('refusing alone is not enough: with retries after a fixed 250 ms they go on when the reason is gone', () => {
    const seconds = overload({ ...options, retryAfterMs: (random) => 250 * (0.75 + random() / 2) })
    expect(sum(seconds.slice(ends + 8), 'refused')).toBeGreaterThan(10_000)
    expect(Math.min(...seconds.slice(begins, ends).map(({ acked }) => acked))).toBeLessThan(0.8 * 7_000)
  })
})
