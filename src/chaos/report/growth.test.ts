import { expect, test } from 'vitest'
import { growthOf } from './growth.ts'
import type { Series, SeriesSecond } from './series.ts'

function series(bytes: readonly (number | undefined)[]): Series {
  const seconds = bytes.map(
    (server_rss_bytes, second) =>
      ({
        second,
        ...(server_rss_bytes === undefined ? {} : { server_rss_bytes }),
      }) as SeriesSecond,
  )
  return { measured_from_s: 0, measured_to_s: bytes.length, seconds }
}

test('memory that is the same at the end as in the middle did not grow, whatever the start was', () => {
  expect(growthOf(series([...Array<number>(40).fill(1), ...Array<number>(60).fill(500)]))).toBe(0)
})

test('memory that grew by a half since the middle says so', () => {
  const bytes = Array.from({ length: 100 }, (_, second) => (second < 60 ? 1000 : 1500))
  expect(growthOf(series(bytes))).toBe(0.5)
})

test('a single peak decides nothing', () => {
  const bytes = Array.from({ length: 100 }, (_, second) => (second === 99 ? 9000 : 1000))
  expect(growthOf(series(bytes))).toBe(0)
})

test('without enough samples nothing is said', () => {
  expect([growthOf(undefined), growthOf(series(Array<number>(19).fill(1)))]).toEqual([null, null])
  expect(growthOf(series([...Array<undefined>(30).fill(undefined), 1]))).toBeNull()
})
