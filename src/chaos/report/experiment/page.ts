import type { ExperimentResult } from '../../experiment/result.ts'
import { document } from '../html/document.ts'
import { type Content, type Markup, markup } from '../html/markup.ts'
import { duration, whole } from '../numbers.ts'
import type { ReportLanguage } from '../words.ts'
import { historyFile } from './evidence.ts'
import type { HistoryFacts } from './facts.ts'
import { probeText, shownStatus, turnText, whatOf } from './final.ts'
import { outcomeOf } from './outcome.ts'
import { experimentStyle } from './page-style.ts'
import {
  countTable,
  evidenceSections,
  faultTable,
  phaseTable,
  probeTable,
  promiseTable,
  secondsTable,
} from './page-tables.ts'
import { experimentTimeline } from './page-timeline.ts'
import { type ExperimentPageWords, experimentPageWords } from './page-words.ts'
import { experimentWords } from './words.ts'

export const statusTones = { pass: 'good', fail: 'bad', unknown: 'warn', aborted: 'warn' } as const

/**
 * A run as one HTML file, derived from its raw results alone: nothing is fetched, nothing runs, and whatever comes from outside
 * (names, addresses, evidence, the command) is text. `folder`: the report's folder as it was named.
 */
export function experimentPage(
  result: ExperimentResult,
  facts: HistoryFacts,
  language: ReportLanguage,
  folder: string,
): string {
  const words = experimentWords[language]
  const page = experimentPageWords[language]
  const { experiment } = result
  const status = shownStatus(result)
  const { exitCode, missedProbes } = outcomeOf(result)
  const left = result.leftFaults.length
  const turn = turnText(result, words)
  const body = markup`<header><h1>${page.title} · ${experiment.name}</h1>
<p class="verdict"><span class="badge ${statusTones[status]}">${words.status[status]}</span> <span>${whatOf(result, words)}</span></p>
<p class="loop">${experiment.title}</p>
<p class="loop"><span class="${left === 0 ? 'good' : 'bad'}">${words.healed(left)}</span>${turn !== '' && ` · ${turn.replace(/ {2,}/g, ' · ')}`} · exit ${exitCode}</p>
${notices(
  result,
  page,
  missedProbes.map((probe) => `${words.probe} ${probe.name}, ${probeText(probe, result, words)}`),
)}
${runFacts(result, page)}</header>
<main>
<h2>${page.timeline}</h2>
${experimentTimeline(result, facts, words, page)}
${secondsTable(result, page)}
<h2>${page.phases}</h2>
${phaseTable(result, words, page)}
<h2>${page.promises}</h2>
${promiseTable(result, page)}
${evidenceSections(result.verdicts, facts, words, page)}
<h2>${page.faults}</h2>
${faultTable(result, page)}
${probeTable(result, words, page)}
<h2>${page.counted}</h2>
${countTable(result, page)}
</main>
<footer><p>${page.derived} <code>kf chaos report ${folder}</code></p>
<p><a href="result.json">result.json</a> · <a href="${historyFile}">${historyFile}</a> · <a href="report.md">report.md</a></p></footer>`
  const title = `${words.status[status]} · ${experiment.name} · kf chaos`
  return document(title, language === 'zh' ? 'zh-CN' : 'en', body, experimentStyle)
}

function notices(
  result: ExperimentResult,
  page: ExperimentPageWords,
  missed: readonly string[],
): Markup | false {
  const all = [...result.leftFaults, ...missed, ...result.reasons]
  return (
    all.length > 0 &&
    markup`<div class="notice"><strong>${page.reasons}</strong>${all.map((text) => markup`<br>${text}`)}</div>`
  )
}

function runFacts({ experiment, ...result }: ExperimentResult, { facts, load }: ExperimentPageWords): Markup {
  const { visitors, agents, rate } = experiment.workload
  const entry = (name: string, value: Content): Markup => markup`<dt>${name}</dt><dd>${value}</dd>`
  return markup`<dl>${entry(facts.command, markup`<code>${result.command}</code>`)}${entry(facts.started, result.startedAt)}${entry(facts.took, duration(result.tookMs / 1000))}${entry(facts.seed, experiment.seed)}${entry(facts.load, load(whole(visitors), whole(agents), String(rate)))}${entry(facts.target, result.target)}${entry(facts.machine, result.machine)}</dl>`
}
