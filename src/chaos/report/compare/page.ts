import { document } from '../html/document.ts'
import { type Markup, markup } from '../html/markup.ts'
import { table, titlesOf } from '../html/texts.ts'
import { whole } from '../numbers.ts'
import type { ReportLanguage } from '../words.ts'
import type { Compared, ComparedRow, Comparison, Judgement, Side } from './compare.ts'
import { comparedCells, compareWords, restsOn } from './text.ts'

/** The comparison as one HTML file, with each ratio drawn beside its figures; it loads nothing and runs nothing. */
export function comparisonPage(comparison: Comparison, language: ReportLanguage): string {
  const words = compareWords[language]
  const { before, after, worse, forced, rows } = comparison
  const verdict = worse ? words.worse : words.notWorse
  const note = restsOn(comparison, language)
  const body = markup`<header><h1>${words.page.title}</h1>
<p class="verdict"><span class="badge ${worse ? 'bad' : 'good'}">${verdict}</span> <span>${words.runs(before.runs, after.runs)}</span></p>
${note !== undefined && markup`<p class="loop">${note}</p>`}
<dl>${sideFacts(words.page.before, before)}${sideFacts(words.page.after, after)}</dl></header>
<main>
${forced.map((obstacle) => markup`<p class="notice">${words.forced} ${obstacle}</p>`)}
${rows.map((row) => rowSection(row, language))}
<p class="note">${words.page.legend}</p>
</main>
<footer><p>${words.page.made} <code>kf bench compare ${before.name} ${after.name}</code></p></footer>`
  const title = `${verdict} · ${before.name} → ${after.name} · kf bench compare`
  return document(title, language === 'zh' ? 'zh-CN' : 'en', body, style)
}

function sideFacts(title: string, { name, commands }: Side): Markup {
  return markup`<dt>${title}</dt><dd>${name}${commands.map((command) => markup`<br><code>${command}</code>`)}</dd>`
}

const style = `.verdict+dl,.loop+dl{margin-top:14px}main>.notice:first-child{margin-top:16px}main>.note{margin-top:14px}
svg.ratio{display:block;margin-left:auto}
svg.ratio .shade{fill:var(--bad-bg)}svg .dot{stroke:none}svg .a.dot{fill:var(--a)}
svg .good.dot{fill:var(--good)}svg .good.line{stroke:var(--good)}
svg .bad.dot{fill:var(--bad)}svg .bad.line{stroke:var(--bad)}
`

const tones: { readonly [judgement in Judgement]: string } = {
  better: 'good',
  same: '',
  worse: 'bad',
  unclear: 'warn',
}

function rowSection(row: ComparedRow, language: ReportLanguage): Markup {
  const words = compareWords[language]
  const title = words.visitors(whole(row.concurrency))
  const [before, after, ratio, interval, bound] = words.columns
  const { metric, judged, drawn } = words.page
  const titles = titlesOf([metric, judged, ratio, drawn, before, after, interval, bound])
  const body = row.metrics.map((compared) => {
    const [name, from, to, quotient, range, limit] = comparedCells(compared, words)
    const said = words.page.judgement[compared.judgement]
    return markup`<tr><th scope="row">${name}</th><td><span class="${tones[compared.judgement]}">${said}</span></td><td>${quotient}</td><td>${picture(compared)}</td><td>${from}</td><td>${to}</td><td>${range}</td><td>${limit}</td></tr>`
  })
  return markup`<h2>${title}</h2>${table(title, titles, body)}`
}

const width = 150
const height = 18
/** From a half to the double; what lies beyond stands at the end. */
const widest = 2

// The figures stand beside it: who does not see it misses nothing.
function picture({ metric, ratio, low, high, bound, judgement }: Compared): Markup | string {
  if (ratio === null) return '-'
  const limit = metric === 'messages_per_s' ? 1 / (1 + bound) : 1 + bound
  const tone = judgement === 'worse' ? 'bad' : judgement === 'better' ? 'good' : 'a'
  const middle = height / 2
  const forbidden = metric === 'messages_per_s' ? [0, at(limit)] : [at(limit), width]
  return markup`<svg class="ratio" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true"><rect class="shade" x="${forbidden[0] ?? 0}" y="0" width="${(forbidden[1] ?? width) - (forbidden[0] ?? 0)}" height="${height}"/><line class="axis" x1="${at(1)}" x2="${at(1)}" y1="0" y2="${height}"/>${
    low !== null &&
    high !== null &&
    markup`<line class="${tone} line" x1="${at(low)}" x2="${at(high)}" y1="${middle}" y2="${middle}"/>`
  }<circle class="${tone} dot" cx="${at(ratio)}" cy="${middle}" r="3.5"/></svg>`
}

function at(ratio: number): number {
  const place = (Math.log(ratio) / Math.log(widest) + 1) / 2
  return Math.round(Math.min(1, Math.max(0, place)) * (width - 8) + 4)
}
