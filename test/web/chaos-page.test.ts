import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { experimentPage } from '../../src/chaos/report/experiment/page.ts'
import { resiliencePage } from '../../src/chaos/report/experiment/resilience.ts'
import { failedFacts, failedRun, resultInTest } from '../../src/chaos/report/experiment/result-in-test.ts'
import { removeFolder } from '../support/node.ts'
import { openBrowser } from './support/browser.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kf-chaos-page-'))
  writeFileSync(join(folder, 'run.html'), experimentPage(failedRun, failedFacts, 'zh', 'reports/x'))
  const all = {
    rows: [
      { name: 'latency', title: 'Slow?', result: resultInTest(), folder: '.' },
      { name: 'partition', title: 'Cut off?', result: failedRun, folder: '.' },
      { name: 'fsync-error', title: 'A failing disk?', notRun: 'not run: needs strace' },
    ],
    machine: 'test CPU, 2 cores',
    version: '0.1.0',
    date: '2026-07-19T08:00:00.000Z',
    command: 'kf chaos run --all',
  }
  writeFileSync(join(folder, 'resilience.html'), resiliencePage(all, 'en'))
})
afterAll(() => {
  removeFolder(folder)
})

const light = 'rgb(255, 255, 255)'
const dark = 'rgb(20, 23, 26)'

test.each([
  ['run.html', 1440, false, ['plot wide'], light],
  ['run.html', 1440, true, ['plot wide'], dark],
  ['run.html', 375, false, ['plot narrow'], light],
  ['run.html', 375, true, ['plot narrow'], dark],
  ['resilience.html', 1440, false, [], light],
  ['resilience.html', 375, true, [], dark],
])('%s on %i pixels, dark %s, fits, is drawn, and breaks no policy', async (...given) => {
  const [file, width, isDark, drawn, background] = given
  const browser = await openBrowser({ width, height: 800, dark: isDark })
  try {
    const page = await browser.open(pathToFileURL(join(folder, file)).href)
    const seen = await page.evaluate(() => ({
      overflow: document.documentElement.scrollWidth - window.innerWidth,
      background: getComputedStyle(document.body).backgroundColor,
      plots: [...document.querySelectorAll('svg.plot')]
        .filter((plot) => plot.getBoundingClientRect().width > 0)
        .map((plot) => plot.getAttribute('class')),
    }))
    expect(seen).toEqual({ overflow: 0, background, plots: drawn })
    expect(browser.complaints).toEqual([])
  } finally {
    await browser.close()
  }
})

test('no name of a fault stands on another or beyond the picture, on a phone as on a desk', async () => {
  for (const width of [375, 1440]) {
    const browser = await openBrowser({ width, height: 800 })
    try {
      const page = await browser.open(pathToFileURL(join(folder, 'run.html')).href)
      const boxes = await page.evaluate(() =>
        [...document.querySelectorAll('text.lane')]
          .map((text) => ({ box: text.getBoundingClientRect(), plot: text.closest('svg') }))
          .filter(({ box }) => box.width > 0)
          .map(({ box, plot }) => ({
            left: box.left - (plot?.getBoundingClientRect().left ?? 0),
            right: (plot?.getBoundingClientRect().right ?? 0) - box.right,
            top: box.top,
            from: box.left,
            to: box.right,
          })),
      )
      expect(boxes).toHaveLength(3)
      for (const box of boxes) {
        expect(box.left).toBeGreaterThanOrEqual(0)
        expect(box.right).toBeGreaterThanOrEqual(0)
        const over = boxes.filter(
          (other) => other.top === box.top && other.from < box.to && box.from < other.to,
        )
        expect(over).toEqual([box])
      }
    } finally {
      await browser.close()
    }
  }
})
