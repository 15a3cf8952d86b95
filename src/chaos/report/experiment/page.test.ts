import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { noFacts } from './facts.ts'
import { experimentMarkdown } from './markdown.ts'
import { experimentPage } from './page.ts'
import { failedFacts, failedRun, resultInTest } from './result-in-test.ts'

const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>\u0000`

test('whatever comes from outside stands on the page as text', () => {
  const base = resultInTest()
  const page = experimentPage(
    resultInTest({
      experiment: { ...base.experiment, name: hostile, title: hostile },
      target: hostile,
      machine: hostile,
      command: hostile,
      startedAt: hostile,
      reasons: [hostile],
      leftFaults: [hostile],
      faults: base.faults.map((fault) => ({
        ...fault,
        fault: hostile,
        on: hostile,
        proof: hostile,
        trouble: hostile,
      })),
      probes: [{ name: hostile, phase: 'fault', value: 1, threshold: hostile, held: false }],
      verdicts: base.verdicts.map((verdict) => ({
        ...verdict,
        status: 'fail',
        why: hostile,
        evidence: [{ text: hostile, lines: [1] }],
      })),
    }),
    {
      lines: new Map([[1, { t: 1, p: hostile, e: 'fail', id: hostile, code: hostile }]]),
      phases: [],
    },
    'en',
    hostile,
  )
  expect(page).not.toMatch(/<script|<img/)
  expect(page).not.toContain('\u0000')
  expect(page.match(/&lt;script&gt;alert\(1\)&lt;\/script&gt;/g)?.length).toBeGreaterThan(30)
})

test('the policy lets nothing in but the style that stands there', () => {
  const page = experimentPage(failedRun, failedFacts, 'en', 'reports/x')
  const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  expect(page).toContain(`style-src &#39;sha256-${hash}&#39;`)
  expect(page).not.toMatch(/<script| style=| on[a-z]+="|https?:|url\(|@import|<link/)
})

test('it shows the verdict, the evidence with its lines, and each fault with its exact times', () => {
  const page = experimentPage(failedRun, failedFacts, 'en', 'reports/x')
  expect(page).toContain('<span class="badge bad">FAIL</span> <span>no_duplicate</span>')
  expect(page).toContain('conversation k3, client id c7f stored as seq 17 and 19')
  expect(page).toContain(
    '<th scope="row">20990</th><td>48.12 s</td><td class="text">v17</td><td class="text">timeout</td>',
  )
  expect(page).toContain(
    '<td class="text">agents-&gt;node</td><td>20.01 s</td><td>20.45 s</td><td>34.04 s</td>',
  )
  expect(page).toContain('kf chaos report reports/x')
})

test('the bands of the faults are drawn in both sizes, and so are the phases', () => {
  const page = experimentPage(failedRun, failedFacts, 'zh', 'reports/x')
  expect(page).toContain('<html lang="zh-CN">')
  expect(page.match(/class="faultband"/g)).toHaveLength(6)
  expect(page.match(/class="phaseline"/g)).toHaveLength(12)
})

test('without a history the phases follow the faults, and evidence says that its lines are gone', () => {
  const page = experimentPage(failedRun, noFacts, 'en', 'reports/x')
  expect(page.match(/class="phaseline"/g)).toHaveLength(6)
  expect(page).toContain(
    '<th scope="row">20990</th><td>-</td><td class="text">-</td><td class="text">not in the history</td>',
  )
})

test('a run without seconds or faults still gives a page', () => {
  const page = experimentPage(
    resultInTest({
      series: [],
      faults: [],
      phases: [],
      probes: [],
      verdicts: [],
      status: 'aborted',
      reasons: ['x'],
    }),
    noFacts,
    'en',
    'reports/x',
  )
  expect(page).toContain('No fault was injected.')
  expect(page).not.toContain('NaN')
  expect(page).not.toContain('Infinity')
})

test('every table has a caption and headers that say what they head, and regions have different names', () => {
  const page = experimentPage(failedRun, failedFacts, 'en', 'reports/x')
  const tables = page.match(/<table>[\s\S]*?<\/table>/g) ?? []
  expect(tables.length).toBeGreaterThanOrEqual(7)
  for (const table of tables) {
    expect(table).toMatch(/^<table><caption(?: class="unseen")?>[^<]+<\/caption><thead>/)
    expect(table).not.toMatch(/<th(?! scope=)[ >]/)
  }
  const names = [...page.matchAll(/role="region" aria-label="([^"]*)"/g)].map(([, name]) => name)
  expect(new Set(names).size).toBe(names.length)
})

test('Markdown has the same: verdict, phases, promises, evidence, faults, command', () => {
  const text = experimentMarkdown(failedRun, failedFacts, 'en')
  expect(text).toContain('**FAIL  no_duplicate   healed ✓ 0 faults left   exit 5**')
  expect(text).toContain('| fault | 2,000 | 211 ms | 18.30 % | 9.8 s |')
  expect(text).toContain('| `no_duplicate` | ✗ BROKEN | 48,210 | 1 |  |')
  expect(text).toContain('`history.jsonl:20817 send  :20990 timeout  :21033 ack 19`')
  expect(text).toContain('| partition | agents->node | 20.01 s | 20.45 s | 34.04 s | healed |')
})

test('a bar or a line break in a proof does not break the table', () => {
  const [first] = resultInTest().faults
  const faults = first === undefined ? [] : [{ ...first, proof: 'a|b\nc' }]
  expect(experimentMarkdown(resultInTest({ faults }), noFacts, 'en')).toContain('| a\\|b c |')
})
