import { type Invariant, invariants } from '../../check/verdict.ts'
import type { ExperimentResult } from '../../experiment/result.ts'
import { document } from '../html/document.ts'
import { type Markup, markup } from '../html/markup.ts'
import { table, titlesOf } from '../html/texts.ts'
import { milliseconds } from '../numbers.ts'
import type { ReportLanguage } from '../words.ts'
import { shownStatus } from './final.ts'
import { markdownTable, plain } from './markdown.ts'
import { outcomeOf } from './outcome.ts'
import { statusTones } from './page.ts'
import { experimentStyle } from './page-style.ts'
import { marks } from './page-tables.ts'
import { experimentPageWords } from './page-words.ts'
import { experimentWords } from './words.ts'

/** What became of each scenario, in order. */
export type Resilience = {
  readonly rows: readonly ResilienceRow[]
  readonly machine: string
  readonly version: string
  /** ISO, of the first run. */
  readonly date: string
  readonly command: string
}
export type ResilienceRow = { readonly name: string; readonly title: string } & (
  | { readonly result: ExperimentResult /** Relative to the page. */; readonly folder: string }
  /** Why it did not run, in the reader's language. */
  | { readonly notRun: string }
)

/** Scenario × promise, for a repository. */
export function resilienceMarkdown(all: Resilience, language: ReportLanguage): string {
  const page = experimentPageWords[language]
  const rows = all.rows.map((row) => {
    const { name, verdict, cells, detect, recover } = told(row, language)
    const linked = 'result' in row ? `[${name}](${encodeURI(row.folder)}/report.md)` : name
    return [linked, verdict, ...cells.map(({ mark }) => mark), detect, recover]
  })
  const notes = all.rows.flatMap((row) => notesOf(row).map((note) => `- ${plain(row.name)}: ${plain(note)}`))
  return `${[
    `# ${page.resilience}`,
    page.resilienceNote,
    summary(all, language),
    markdownTable(titles(language), rows),
    legendText(language),
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
    all.rows.map(({ name, title }) => `- ${plain(name)}: ${plain(title)}`).join('\n'),
    `\`${all.command}\``,
  ].join('\n\n')}\n`
}

/** The same as a page. */
export function resiliencePage(all: Resilience, language: ReportLanguage): string {
  const page = experimentPageWords[language]
  const words = experimentWords[language]
  const body = all.rows.map((row) => {
    const { name, verdict: word, tone, cells, detect, recover } = told(row, language)
    const linked: Markup =
      'result' in row ? markup`<a href="${encodeURI(row.folder)}/index.html">${name}</a>` : markup`${name}`
    return markup`<tr><th scope="row">${linked}</th><td class="text"><strong class="${tone}">${word}</strong></td>${cells.map(
      (cell) =>
        markup`<td class="mark"><span class="${cell.tone}" role="img" aria-label="${cell.said}">${cell.mark}</span></td>`,
    )}<td>${detect}</td><td>${recover}</td></tr>`
  })
  const heads = [
    ...titlesOf([page.scenario]),
    markup`<th scope="col" class="text">${page.verdict}</th>`,
    ...invariants.map((name) => markup`<th scope="col" class="turned"><span>${name}</span></th>`),
    ...titlesOf([words.detect, words.recover]),
  ]
  const notes = all.rows.flatMap((row) =>
    notesOf(row).map((note) => markup`<li><code>${row.name}</code> ${note}</li>`),
  )
  const content = markup`<header><h1>kf · ${page.title}</h1><p class="verdict">${page.resilience}</p>
<p class="loop">${summary(all, language)}</p><p>${page.resilienceNote}</p></header>
<main>${table(page.resilience, heads, body)}<p class="note">${legendText(language)}</p>
${notes.length > 0 && markup`<ul class="notes">${notes}</ul>`}
<dl>${all.rows.map(({ name, title }) => markup`<dt><code>${name}</code></dt><dd>${title}</dd>`)}</dl></main>
<footer><p><code>${all.command}</code></p></footer>`
  return document(
    `${page.resilience} · kf chaos`,
    language === 'zh' ? 'zh-CN' : 'en',
    content,
    experimentStyle,
  )
}

type Cell = { readonly mark: string; readonly tone: string; readonly said: string }

function told(row: ResilienceRow, language: ReportLanguage) {
  const words = experimentWords[language]
  const page = experimentPageWords[language]
  if (!('result' in row)) {
    const cells = invariants.map((): Cell => ({ mark: '?', tone: 'warn', said: row.notRun }))
    return { name: row.name, verdict: row.notRun, tone: 'warn', cells, detect: '-', recover: '-' }
  }
  const { result } = row
  const status = shownStatus(result)
  const cell = (invariant: Invariant): Cell => {
    const verdict = result.verdicts.find((one) => one.invariant === invariant)
    if (verdict === undefined) return { mark: '–', tone: 'note', said: page.notChecked }
    const tone = { pass: 'good', fail: 'bad', unknown: 'warn' }[verdict.status]
    return { mark: marks[verdict.status], tone, said: page.verdicts[verdict.status] }
  }
  return {
    name: row.name,
    verdict: words.status[status],
    tone: statusTones[status],
    cells: invariants.map(cell),
    detect: milliseconds(result.detectMs ?? null),
    recover:
      result.recoverMs === undefined && result.faults.length > 0
        ? words.notSeen
        : milliseconds(result.recoverMs ?? null),
  }
}

function notesOf(row: ResilienceRow): readonly string[] {
  if (!('result' in row)) return [row.notRun]
  const { leftFaults, reasons } = row.result
  const broken = outcomeOf(row.result).failed.flatMap(({ invariant, evidence }) =>
    evidence.slice(0, 1).map(({ text }) => `${invariant}: ${text}`),
  )
  return [...leftFaults, ...broken, ...reasons]
}

function titles(language: ReportLanguage): readonly string[] {
  const words = experimentWords[language]
  const page = experimentPageWords[language]
  return [page.scenario, page.verdict, ...invariants, words.detect, words.recover]
}

function summary({ rows, date, machine, version }: Resilience, language: ReportLanguage): string {
  const passed = rows.filter((row) => 'result' in row && shownStatus(row.result) === 'pass').length
  const said = experimentPageWords[language].scenariosKept(passed, rows.length)
  return `${said} · ${date.slice(0, 10)} · kf ${version} · ${machine}`
}

function legendText(language: ReportLanguage): string {
  const { verdicts, notChecked } = experimentPageWords[language]
  return `✓ ${verdicts.pass} · ✗ ${verdicts.fail} · ? ${verdicts.unknown} · – ${notChecked}`
}
