import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deriveReport } from '../../src/chaos/report/derive.ts'
import { goodRow, measuredRow, reportOf } from '../../src/chaos/report/report-in-test.ts'
import type { Series } from '../../src/chaos/report/series.ts'
import { writeReport } from '../../src/chaos/report/write.ts'
import { removeFolder } from '../support/node.ts'
import { openBrowser } from './support/browser.ts'

let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kf-page-'))
  const rows = [5_000, 10_000].map((concurrency) => measuredRow({ ...goodRow, concurrency }))
  await writeReport(folder, reportOf(rows), rows)
  for (const row of rows)
    writeFileSync(join(folder, 'raw', `${row.concurrency}-target-series.json`), JSON.stringify(series))
  await deriveReport(folder)
})
afterAll(() => {
  removeFolder(folder)
})

const series: Series = {
  measured_from_s: 2,
  measured_to_s: 50,
  seconds: Array.from({ length: 60 }, (_, second) => ({
    second,
    sent: 2_500,
    acked: 2_500,
    errors: second === 30 ? 2 : 0,
    avg_ms: 2,
    p50_ms: 1.2,
    p95_ms: 3,
    p99_ms: 5 + (second % 7),
    max_ms: 20,
    delivered_p99_ms: 6,
    connected: 5_000,
    reconnects: second === 31 ? 9 : 0,
    resumes: 0,
    lag_p99_ms: 1,
    slip_p99_ms: 1,
  })),
}

test.each([
  ['desk', 1440, false, 'wide', 'rgb(255, 255, 255)'],
  ['desk', 1440, true, 'wide', 'rgb(20, 23, 26)'],
  ['phone', 375, false, 'narrow', 'rgb(255, 255, 255)'],
  ['phone', 375, true, 'narrow', 'rgb(20, 23, 26)'],
])('on a %s of %i pixels, dark %s, the page fits, is drawn, and breaks no policy', async (...given) => {
  const [, width, dark, drawn, background] = given
  const browser = await openBrowser({ width, height: 800, dark })
  try {
    const page = await browser.open(pathToFileURL(join(folder, 'report.html')).href)
    const seen = await page.evaluate(() => ({
      overflow: document.documentElement.scrollWidth - window.innerWidth,
      background: getComputedStyle(document.body).backgroundColor,
      plots: [...document.querySelectorAll('svg.plot')]
        .filter((plot) => plot.getBoundingClientRect().width > 0)
        .map((plot) => plot.getAttribute('class')),
    }))
    // Response time by percentile of both rows, then two plots for each.
    expect(seen).toEqual({ overflow: 0, background, plots: Array(5).fill(`plot ${drawn}`) })
    expect(browser.complaints).toEqual([])
  } finally {
    await browser.close()
  }
})
