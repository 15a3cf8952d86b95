import { spoken } from '../final.ts'
import { connectedOf, whole } from '../numbers.ts'
import type { StoredRow } from '../stored.ts'
import { cellsOf } from '../table.ts'
import { type ThresholdState, thresholdLines } from '../thresholds.ts'
import type { ReportWords } from '../words.ts'
import { type Markup, markup } from './markup.ts'
import { table, titlesOf } from './texts.ts'
import type { PageWords } from './words.ts'

/** The table of the final screen, every column of it; an invalid row says why instead of figures. */
export function resultTable(rows: readonly StoredRow[], words: ReportWords, page: PageWords): Markup {
  const body = rows.map(({ target }) => {
    const row = spoken(target, words)
    const [first = '', ...cells] = cellsOf(row)
    if (!row.valid) {
      return markup`<tr><th scope="row">${first}</th><td class="text wrap" colspan="${cells.length}"><strong class="warn">${words.invalid}</strong> ${row.invalid_reason ?? ''}</td></tr>`
    }
    return markup`<tr><th scope="row">${first}</th>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`
  })
  return table(page.table, titlesOf(words.columns), body)
}

const tones: { readonly [state in ThresholdState]: { readonly mark: string; readonly tone: string } } = {
  holds: { mark: '✓', tone: 'good' },
  violated: { mark: '✗', tone: 'bad' },
  undecided: { mark: '?', tone: 'warn' },
}

/** Each bound with what every row measured against it. */
export function thresholdTable(rows: readonly StoredRow[], words: ReportWords, page: PageWords): Markup {
  const lines = thresholdLines(rows, words)
  if (lines.length === 0) return markup`<p class="note">${page.none}</p>`
  const titles = [
    markup`<th scope="col" class="text">${page.bound}</th>`,
    ...rows.map(({ concurrency }) => markup`<th scope="col">${page.visitors(whole(concurrency))}</th>`),
  ]
  const body = lines.map(
    (line) =>
      markup`<tr><th scope="row"><span class="${tones[line.state].tone}" role="img" aria-label="${page.state[line.state]}">${tones[line.state].mark}</span> ${line.bound.replace('<=', '≤').replace('>=', '≥')}</th>${rows.map(
        ({ concurrency }) => {
          const found = line.values.find((value) => value.concurrency === concurrency)
          return found === undefined
            ? markup`<td>-</td>`
            : markup`<td>${found.value} <span class="${tones[found.state].tone}" role="img" aria-label="${page.state[found.state]}">${tones[found.state].mark}</span></td>`
        },
      )}</tr>`,
  )
  return table(page.thresholds, titles, body)
}

/** What was counted over every message of each row. */
export function integrityTable(rows: readonly StoredRow[], page: PageWords): Markup {
  const body = rows.map(({ concurrency, target }) => {
    const { integrity, row } = target
    const bad = (count: number | undefined): Markup =>
      count === undefined
        ? markup`<td>-</td>`
        : markup`<td>${count === 0 ? whole(count) : markup`<strong class="bad">${whole(count)}</strong>`}</td>`
    return markup`<tr><th scope="row">${whole(concurrency)}</th><td>${whole(integrity?.acked ?? null)}</td><td>${whole(integrity?.answersAcked ?? null)}</td>${bad(row.lost)}${bad(integrity?.undelivered)}${bad(row.duplicated)}${bad(row.out_of_order)}<td>${
      integrity === null || integrity.readBackAsked === 0
        ? '-'
        : connectedOf(integrity.readBackComplete, integrity.readBackAsked)
    }</td></tr>`
  })
  return table(page.integrity, titlesOf(page.integrityColumns), body)
}
