import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { parseScenario } from '../scenario/load.ts'
import { goodRow } from './report-in-test.ts'
import { askedOf } from './verdict.ts'

/** Every bound of a shipped scenario decides something: a good row keeps it, a poor one does not. */
const folder = new URL('../../../scenarios/', import.meta.url)
const shipped = readdirSync(folder)
  .filter((file) => file.endsWith('.yml'))
  .map((file) => ({ name: basename(file, '.yml'), text: readFileSync(new URL(file, folder), 'utf8') }))

/** A quiet machine at these sizes, as docs/capacity.md has it; REST is quicker. */
const good = { ...goodRow, avg_ms: 3.7, p99_ms: 16, error_rate: 0, server_rss_growth: 0.02 }
/** What a person notices: a tenth of a second, an error in two hundred, memory that doubles within the hour. */
const poor = { ...goodRow, avg_ms: 100, p99_ms: 400, error_rate: 0.005, server_rss_growth: 0.2 }

test('there are shipped scenarios', () => {
  expect(shipped.length).toBeGreaterThan(0)
})

test.each(shipped)(
  '$name bounds latency and errors, and each of its bounds can hold and fail',
  ({ name, text }) => {
    const { thresholds } = parseScenario(text, `${name}.yml`)
    const asked = thresholds.map(({ metric }) => metric)
    expect(asked).toContain('error_rate')
    expect(asked.some((metric) => metric.endsWith('_ms'))).toBe(true)
    const judged = thresholds.map((threshold) => ({
      metric: threshold.metric,
      good: askedOf(good, threshold).holds,
      poor: askedOf(poor, threshold).holds,
    }))
    expect(judged).toEqual(asked.map((metric) => ({ metric, good: true, poor: false })))
  },
)
