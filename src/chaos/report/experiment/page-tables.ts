import type { Evidence, Verdict } from '../../check/verdict.ts'
import type { ExperimentResult } from '../../experiment/result.ts'
import { type Markup, markup } from '../html/markup.ts'
import { scrolling, table, titlesOf } from '../html/texts.ts'
import { mebibytes, milliseconds, whole } from '../numbers.ts'
import type { HistoryFacts } from './facts.ts'
import { phaseCells } from './final.ts'
import type { ExperimentPageWords } from './page-words.ts'
import { coarserSeconds, faultSpans } from './spans.ts'
import { type ExperimentWords, measured } from './words.ts'

export function phaseTable(
  result: ExperimentResult,
  words: ExperimentWords,
  page: ExperimentPageWords,
): Markup {
  const body = phaseCells(result, words).map(
    ([first = '', ...cells]) =>
      markup`<tr><th scope="row">${first}</th>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`,
  )
  return table(page.phases, titlesOf(words.phaseColumns), body)
}

const tones = { pass: 'good', fail: 'bad', unknown: 'warn' } as const
export const marks = { pass: '✓', fail: '✗', unknown: '?' } as const

export function promiseTable({ verdicts }: ExperimentResult, page: ExperimentPageWords): Markup {
  const titles = [
    ...titlesOf([page.promise]),
    markup`<th scope="col" class="text">${page.verdict}</th>`,
    ...titlesOf([page.checkedColumn, page.violations]),
    markup`<th scope="col" class="text">${page.meaning}</th>`,
  ]
  const body = verdicts.map(
    ({ invariant, status, checked, violations, why }) =>
      markup`<tr><th scope="row">${invariant}</th><td class="text"><strong class="${tones[status]}">${marks[status]} ${page.verdicts[status]}</strong></td><td>${whole(checked)}</td><td>${
        violations === 0 ? whole(0) : markup`<strong class="bad">${whole(violations)}</strong>`
      }</td><td class="text wrap">${page.invariants[invariant]}${why !== undefined && markup`<br><span class="warn">${why}</span>`}</td></tr>`,
  )
  return table(page.promises, titles, body)
}

/** The evidence of every broken promise: its sentence, and the lines of the history that show it. */
export function evidenceSections(
  verdicts: readonly Verdict[],
  facts: HistoryFacts,
  words: ExperimentWords,
  page: ExperimentPageWords,
): Markup | false {
  const shown = verdicts.filter(({ evidence }) => evidence.length > 0)
  if (shown.length === 0) return false
  return markup`<h2>${page.evidence}</h2><p class="note">${page.evidenceNote}</p>${shown.map(
    ({ invariant, evidence, violations, checked }) =>
      markup`<h3>${invariant} · ${words.violated(whole(violations), whole(checked))}</h3>${evidence.map(
        (one, i) =>
          markup`<div class="evidence"><p>${one.text}</p>${
            one.lines.length > 0 && historyTable(one, `${invariant} ${i + 1}`, facts, words, page)
          }</div>`,
      )}`,
  )}`
}

function historyTable(
  { lines }: Evidence,
  label: string,
  facts: HistoryFacts,
  words: ExperimentWords,
  page: ExperimentPageWords,
): Markup {
  const [number, at, client, what] = page.entryColumns
  const titles = [
    ...titlesOf([number, at]),
    markup`<th scope="col" class="text">${client}</th>`,
    markup`<th scope="col" class="text">${what}</th>`,
  ]
  const body = lines.map((line) => {
    const entry = facts.lines.get(line)
    return markup`<tr><th scope="row">${line}</th><td>${entry === undefined ? '-' : seconds(entry.t)}</td><td class="text">${entry?.p ?? '-'}</td><td class="text">${
      entry === undefined ? page.unread : words.entry(entry)
    }</td></tr>`
  })
  return markup`<div class="history">${table(`${page.evidence}: ${label}`, titles, body)}</div>`
}

export function faultTable(result: ExperimentResult, page: ExperimentPageWords): Markup {
  if (result.faults.length === 0) return markup`<p class="note">${page.noFaults}</p>`
  const [fault, on, injected, seen, healed, state, proof] = page.faultColumns
  const titles = [
    ...titlesOf([fault]),
    markup`<th scope="col" class="text">${on}</th>`,
    ...titlesOf([injected, seen, healed]),
    markup`<th scope="col" class="text">${state}</th>`,
    markup`<th scope="col" class="text">${proof}</th>`,
  ]
  const looks = { healed: 'good', unseen: 'warn', left: 'bad' } as const
  const body = faultSpans(result, result.timeline.endsMs).map(
    ({ record, state }) =>
      markup`<tr><th scope="row">${record.n}. ${record.fault}</th><td class="text">${record.on}</td><td>${seconds(record.injectedMs)}</td><td>${seconds(record.verifiedMs)}</td><td>${seconds(record.healedMs)}</td><td class="text"><strong class="${looks[state]}">${page.states[state]}</strong></td><td class="text wrap">${record.proof ?? '-'}${record.trouble !== undefined && markup`<br><span class="bad">${record.trouble}</span>`}</td></tr>`,
  )
  return table(page.faults, titles, body)
}

export function probeTable(
  { probes, experiment }: ExperimentResult,
  words: ExperimentWords,
  page: ExperimentPageWords,
): Markup | false {
  if (probes.length === 0) return false
  const body = probes.map((probe) => {
    const asked = experiment.probes.find(({ name }) => name === probe.name)?.threshold[probe.phase]
    const bound =
      asked === undefined
        ? probe.threshold
        : `${words.measures[asked.measure]} ${asked.op.replace('<=', '≤').replace('>=', '≥')} ${measured(asked.measure, asked.value)}`
    const mark = probe.held ? marks.pass : marks.fail
    return markup`<tr><th scope="row"><span class="${probe.held ? 'good' : 'bad'}">${mark}</span> ${probe.name}</th><td>${words.phases[probe.phase]}</td><td>${measured(asked?.measure, probe.value)}</td><td>${bound}</td></tr>`
  })
  return markup`<h2>${page.probes}</h2>${table(page.probes, titlesOf(page.probeColumns), body)}`
}

export function countTable({ counts }: ExperimentResult, page: ExperimentPageWords): Markup {
  const order = ['sends', 'acks', 'retries', 'resumes', 'resets', 'unknown', 'readBack'] as const
  const titles = order.map((count) => page.counts[count])
  const [first = '', ...rest] = order.map((count) => whole(counts[count]))
  const row = markup`<tr><td class="text">${first}</td>${rest.map((cell) => markup`<td>${cell}</td>`)}</tr>`
  return table(page.counted, titlesOf(titles), [row])
}

export function secondsTable({ series }: ExperimentResult, page: ExperimentPageWords): Markup {
  const body = coarserSeconds(series).series.map((one) => {
    const cells = [
      whole(one.acks),
      whole(one.errors),
      milliseconds(one.p50Ms ?? null),
      milliseconds(one.p99Ms ?? null),
      whole(one.visitors),
      whole(one.agents),
      whole(one.unknown),
      whole(one.queued ?? null),
      mebibytes(one.rssBytes ?? null),
    ]
    return markup`<tr><th scope="row">${Math.round(one.t / 1000)}</th>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`
  })
  const heads = titlesOf(page.secondsColumns)
  const inside = markup`<table><caption>${page.timeline}</caption><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table>`
  return markup`<details><summary>${page.seconds}</summary>${scrolling(inside, page.seconds)}</details>`
}

/** `12.34 s` from the start of the baseline. */
export function seconds(ms: number | undefined): string {
  return ms === undefined ? '-' : `${(ms / 1000).toFixed(2)} s`
}
