import { loopText, spoken, verdictText } from '../final.ts'
import { duration, mebibytes, whole } from '../numbers.ts'
import type { RowPlots } from '../read.ts'
import { type Report, type StoredRow, verdictOfReport } from '../stored.ts'
import type { ReportWords } from '../words.ts'
import { byPercentile, type DrawnCurve } from './by-percentile.ts'
import { document } from './document.ts'
import { hostsTable } from './hosts.ts'
import { type Content, type Markup, markup } from './markup.ts'
import { overTime } from './over-time.ts'
import { restSection } from './rest.ts'
import { failures, logOf, referenceTable, serverTable, stagesTables } from './sides.ts'
import { integrityTable, resultTable, thresholdTable } from './tables.ts'
import { trustTable } from './trust.ts'
import { type PageWords, pageWords } from './words.ts'

/**
 * The whole report as one HTML file: nothing is fetched, nothing runs, and whatever comes from outside (names, paths, log
 * lines, the command) is text.
 */
export function reportPage(report: Report, plots: readonly RowPlots[], words: ReportWords): string {
  const page = pageWords[words.language]
  const { rows } = report.details
  const verdict = verdictText(report, words)
  const { outcome, exitCode } = verdictOfReport(report)
  const tone = outcome === 'pass' ? 'good' : outcome === 'fail' ? 'bad' : 'warn'
  const title = `${verdict.word} · ${loopText(report.result, words).replace(/ {2,}/g, ' · ')} · kf bench`
  const body = markup`<header><h1>${page.title}</h1>
<p class="verdict"><span class="badge ${tone}">${verdict.word}</span> <span>${verdict.rows}</span></p>
<p class="loop">${loopText(report.result, words).replace(/ {2,}/g, ' · ')} · ${duration(report.result.duration_s)} · exit ${exitCode}</p>
${facts(report, page)}</header>
<main>
<h2>${page.overview}</h2>
${rows.length > 0 && resultTable(rows, words, page)}
${restSection(report.details.rest ?? [], words, page)}
${rows.length > 0 && judgedSections(rows, words, page)}
${overview(plots, page)}
${rows.map((row, i) => rowSection(row, plots[i], words, page))}
<h2>${page.trust}</h2>
<p class="note">${page.trustNote}</p>
${trustTable(rows, page)}
</main>
<footer><p>${page.derived} <code>kf bench report ${report.details.report}</code></p></footer>`
  return document(title, words.language === 'zh' ? 'zh-CN' : 'en', body)
}

function judgedSections(rows: Report['details']['rows'], words: ReportWords, page: PageWords): Markup {
  return markup`<h2>${page.thresholds}</h2>
${thresholdTable(rows, words, page)}
<h2>${page.integrity}</h2>
${integrityTable(rows, page)}`
}

function facts({ result }: Report, page: PageWords): Markup {
  const entry = (name: string, value: Content): Markup => markup`<dt>${name}</dt><dd>${value}</dd>`
  return markup`<dl>${entry(page.command, markup`<code>${result.command}</code>`)}${entry(page.started, result.started_at)}${entry(page.took, duration(result.duration_s))}${entry(page.seed, result.seed)}${entry(page.machine, machineText(result.machine))}${entry(
    page.versions,
    Object.entries(result.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(' · '),
  )}</dl>`
}

function machineText(machine: Readonly<Record<string, unknown>>): string {
  return Object.entries(machine)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .map(([name, value]) => factText(name, String(value)))
    .join(' · ')
}

// `memory_bytes` and `disk_sync_p99_ms` carry their units in their names.
function factText(name: string, value: string): string {
  const [, what = name, unit = ''] = /^(.*?)(?:_(bytes|ms))?$/.exec(name) ?? []
  const figure = unit === 'bytes' ? mebibytes(Number(value)) : unit === 'ms' ? `${value} ms` : value
  return `${what.replaceAll('_', ' ')} ${figure}`
}

const looks = ['a', 'b', 'c', 'ref', 'a dashed', 'b dashed', 'c dashed', 'ref dashed'] as const

// All rows in one picture, where there is more than one.
function overview(plots: readonly RowPlots[], page: PageWords): Markup | false {
  const curves = plots.flatMap(({ concurrency, curves: all }, i): readonly DrawnCurve[] => {
    const response = all.find(({ name }) => name === 'response')
    return response === undefined
      ? []
      : [{ ...response, name: page.visitors(whole(concurrency)), look: looks[i % looks.length] ?? 'a' }]
  })
  return curves.length > 1 && byPercentile(page.byPercentileAll, curves, page)
}

function rowSection(
  row: StoredRow,
  plots: RowPlots | undefined,
  words: ReportWords,
  page: PageWords,
): Markup {
  const heading = page.visitors(whole(row.concurrency))
  const series = plots?.series ?? null
  const curves = (plots?.curves ?? []).map((curve) => named(curve, page))
  return markup`<h2>${heading}</h2>
${row.target.row.valid ? false : markup`<p class="notice"><strong>${words.invalid}</strong> ${invalidReason(row, words)}</p>`}
${curves.length === 0 && series === null && markup`<p class="note">${page.noCurves}</p>`}
${series === null ? curves.length > 0 && markup`<p class="note">${page.noSeries}</p>` : overTime(series, row.concurrency, page, heading)}
${byPercentile(page.byPercentile, curves, page)}
${serverTable(row, page)}
${hostsTable(row, words, page)}
${stagesTables(row, page)}
${referenceTable(row, words, page)}
${failures(row, page)}
${logOf(row, page)}`
}

function named(curve: RowPlots['curves'][number], page: PageWords): DrawnCurve {
  if (curve.name === 'response') return { ...curve, name: page.response, look: 'a' }
  if (curve.name === 'delivered') return { ...curve, name: page.delivered, look: 'b dashed' }
  return { ...curve, look: curve.name === 'relay' ? 'ref dashed' : 'ref dotted' }
}

function invalidReason(row: StoredRow, words: ReportWords): string {
  return spoken(row.target, words).invalid_reason ?? ''
}
