import { expect, test } from 'vitest'
import { goodRow, measuredRow, reportOf } from '../report-in-test.ts'
import type { Row } from '../row.ts'
import { compare } from './compare.ts'
import { comparisonPage } from './page.ts'

const hostile = `<script>alert(1)</script>"'>`

const run = (change: Partial<Row> = {}, command = 'kf bench --seed 7') =>
  reportOf([measuredRow({ ...goodRow, sent: 1_000, acked: 1_000, ...change })], { command }).result
const repeats = (around: number) =>
  [0.97, 0.99, 1, 1.02, 1.04].map((factor) => run({ avg_ms: around * factor }))

test('the page says what the lines say: verdict, sides, and each metric with its interval, bound and judgement', () => {
  const comparison = compare(
    { name: 'reports/a', results: repeats(2) },
    { name: 'reports/b', results: repeats(2.6) },
    { tolerance: undefined, forced: [] },
  )
  const page = comparisonPage(comparison, 'en')
  expect(page).toContain(
    '<p class="verdict"><span class="badge bad">WORSE</span> <span>5 runs before, 5 after</span></p>',
  )
  expect(page).toContain(
    '<dt>before</dt><dd>reports/a<br><code>kf bench --seed 7</code></dd><dt>after</dt><dd>reports/b',
  )
  expect(page).toMatch(
    /<th scope="row">avg response time<\/th><td><span class="bad">WORSE<\/span><\/td><td>1\.30<\/td><td><svg [\s\S]*?<\/svg><\/td><td>2\.0 ms<\/td><td>2\.6 ms<\/td><td>1\.\d\d … 1\.\d\d \(\d\d %\)<\/td><td>&lt;= 1\.10<\/td>/,
  )
  expect(page).toContain(
    '<th scope="row">lost</th><td><span class="">same</span></td><td>-</td><td>-</td><td>0</td><td>0</td>',
  )
  expect(comparisonPage(comparison, 'zh')).toContain('<span class="bad">变差</span>')
})

test('one run a side: no interval is drawn, and the page says what decides then; what was forced is said, too', () => {
  const comparison = compare(
    { name: hostile, results: [run({}, hostile)] },
    { name: 'b', results: [run({ avg_ms: 0.01 })] },
    { tolerance: undefined, forced: [hostile] },
  )
  const page = comparisonPage(comparison, 'en')
  expect(page).toContain('one run on each side: no interval can be given, the bounds alone decide')
  expect(page).not.toContain('class="good line"')
  expect(page).toContain('compared although &lt;script&gt;')
  expect(page).not.toMatch(/<script| style=| on[a-z]+=|https?:|url\(/)
  // What lies beyond the scale stands at its end.
  expect(page).toContain('<circle class="good dot" cx="4"')
})
