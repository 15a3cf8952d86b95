import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { RowPlots } from '../read.ts'
import { goodRow, measuredRow, reportOf } from '../report-in-test.ts'
import { reportWords } from '../words.ts'
import { reportPage } from './page.ts'

const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>\u0000`

test('whatever comes from outside stands on the page as text', () => {
  const row = measuredRow(
    { ...goodRow, valid: false, invalid_reason: hostile },
    {
      reasons: [{ reason: hostile, count: 3 }],
      targetLog: hostile,
      targetEnded: hostile,
      usage: {
        seconds: 1,
        serverCores: 1,
        serverByProcess: [{ pid: 1, program: hostile, cores: 1 }],
        generatorCores: 1,
        busiestGeneratorCores: 1,
        otherCores: 0,
        stealShare: 0,
        cpuPressure: 0,
        memoryPressure: 0,
        ioPressure: 0,
      },
    },
  )
  const report = reportOf([row], {
    command: hostile,
    started_at: hostile,
    machine: { [hostile]: hostile },
    versions: { [hostile]: hostile },
  })
  const plots: readonly RowPlots[] = [
    {
      concurrency: 5_000,
      curves: [
        {
          name: hostile,
          points: [
            { quantile: 0, ms: 1 },
            { quantile: 0.5, ms: 2 },
          ],
        },
      ],
      series: null,
    },
  ]
  const page = reportPage(
    { ...report, details: { ...report.details, report: hostile } },
    plots,
    reportWords.en,
  )
  expect(page).not.toMatch(/<script|<img/)
  expect(page).not.toContain('\u0000')
  expect(page.match(/&lt;script&gt;alert\(1\)&lt;\/script&gt;/g)?.length).toBeGreaterThan(10)
})

test('hosts that lent generators stand with their row: what they used, and how far their clocks may be off', () => {
  const host = {
    host: '10.0.0.2:7099',
    cores: 8,
    generators: 2,
    on_this_machine: false,
    clock_uncertainty_ms: 0.14,
    generator_cores: 1.25,
    busiest_generator_cores: 0.7,
    other_cores: 0.02,
    steal_share: 0,
    memory_pressure: 0,
  }
  const own = {
    ...host,
    host: '127.0.0.1:7099',
    on_this_machine: true,
    clock_uncertainty_ms: 0,
    generator_cores: null,
    busiest_generator_cores: null,
    other_cores: null,
  }
  const page = reportPage(reportOf([measuredRow(goodRow, { hosts: [host, own] })]), [], reportWords.en)
  expect(page).toContain('<h3>Hosts that lent the generators</h3>')
  expect(page).toContain(
    '<tr><th scope="row">10.0.0.2:7099</th><td>2</td><td>1.25</td><td>± 0.1 ms</td><td>0.70</td><td>0.02</td><td>8</td></tr>' +
      '<tr><th scope="row">127.0.0.1:7099</th><td>2</td><td>on this machine</td><td>± 0.0 ms</td><td>-</td><td>-</td><td>8</td></tr>',
  )
  expect(reportPage(reportOf([measuredRow(goodRow)]), [], reportWords.en)).not.toContain('Hosts that lent')
})

test('the policy lets nothing in but the style that stands there', () => {
  const page = reportPage(reportOf([measuredRow(goodRow)]), [], reportWords.en)
  const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  expect(page).toContain(
    `content="default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`,
  )
  expect(page).not.toMatch(/<script| style=| on[a-z]+=|https?:|url\(|@import|<link/)
})

test('the places a reader can jump to have different names', () => {
  const rows = [goodRow, { ...goodRow, concurrency: 10_000 }].map((row) => {
    const measured = measuredRow(row)
    return { ...measured, references: [{ name: 'echo' as const, outcome: measured.outcome }] }
  })
  const page = reportPage(reportOf(rows), [], reportWords.en)
  const names = [...page.matchAll(/role="region" aria-label="([^"]*)"/g)].map(([, name]) => name)
  expect(names.length).toBeGreaterThan(5)
  expect(new Set(names).size).toBe(names.length)
})

test('every table has a caption, and headers that say what they head', () => {
  const page = reportPage(reportOf([measuredRow(goodRow)]), [], reportWords.zh)
  const tables = page.match(/<table>[\s\S]*?<\/table>/g) ?? []
  expect(tables.length).toBeGreaterThanOrEqual(3)
  for (const table of tables) {
    expect(table).toMatch(/^<table><caption(?: class="unseen")?>[^<]+<\/caption><thead>/)
    expect(table).not.toMatch(/<th(?! scope=)[ >]/)
  }
})
