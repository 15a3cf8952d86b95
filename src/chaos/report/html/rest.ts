import { complaintText } from '../complaints.ts'
import { type RestReport, restBounds, restCells } from '../rest.ts'
import type { ReportWords } from '../words.ts'
import { type Markup, markup } from './markup.ts'
import { table, titlesOf } from './texts.ts'
import type { PageWords } from './words.ts'

const tones = { holds: 'good', violated: 'bad', undecided: 'warn' } as const

/** The REST steps of a scenario, beside the sockets or alone, with their bounds; nothing where there are none. */
export function restSection(reports: readonly RestReport[], words: ReportWords, page: PageWords): Markup {
  const [title] = words.restColumns
  if (reports.length === 0) return markup``
  const body = reports.flatMap(({ concurrency, steps, complaint }) => [
    ...steps.map(({ row }) => {
      const [name = '', ...cells] = restCells(row, concurrency)
      return markup`<tr><th scope="row">${name}</th>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`
    }),
    ...(complaint === null
      ? []
      : [
          markup`<tr><td class="text wrap" colspan="${words.restColumns.length}"><strong class="warn">${words.invalid}</strong> ${complaintText(complaint, words.language)}</td></tr>`,
        ]),
  ])
  const bounds = reports
    .flatMap((report) => restBounds(report, words))
    .map(({ state, text }) => markup`<li class="${tones[state]}">${text}: ${page.state[state]}</li>`)
  return markup`<h2>${title}</h2>
${table(title, titlesOf(words.restColumns), body)}${bounds.length > 0 && markup`<ul>${bounds}</ul>`}`
}
