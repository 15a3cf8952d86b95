import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../load/random.ts'
import { createChecker } from './checker.ts'
import type { HistoryEntry } from './history.ts'
import { modelOptions, validHistory } from './testing/model.ts'
import { mutations } from './testing/mutations.ts'
import { invariants, type Verdict } from './verdict.ts'

const seeds = fc.integer({ min: 0, max: 1_000_000 })

test('a correct system passes every invariant, whatever its clients went through', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const verdicts = check(validHistory(seed))
      expect(verdicts.map(({ invariant }) => invariant)).toEqual(invariants)
      expect(verdicts.filter(({ status }) => status !== 'pass')).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test.each(mutations)('$name: $red fails, and nothing else', ({ of, red }) => {
  let tried = 0
  fc.assert(
    fc.property(seeds, (seed) => {
      const history = of(validHistory(seed), seededRandom(seed))
      if (history === undefined) return
      tried += 1
      const failed = check(history).filter(({ status }) => status === 'fail')
      expect(failed.map(({ invariant }) => invariant)).toEqual(red)
      for (const { evidence, violations } of failed) {
        expect(evidence.length).toBeGreaterThan(0)
        expect(violations).toBeGreaterThanOrEqual(evidence.length)
        for (const { lines } of evidence) {
          expect(lines.length).toBeGreaterThan(0)
          for (const line of lines) expect(history[line - 1]).toBeDefined()
        }
      }
    }),
    { numRuns: 300 },
  )
  expect(tried).toBeGreaterThan(5)
})

function check(history: readonly HistoryEntry[]): readonly Verdict[] {
  const checker = createChecker(modelOptions)
  for (const [index, entry] of history.entries()) checker.add(entry, index + 1)
  return checker.end()
}
