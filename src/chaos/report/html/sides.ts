import { cores, mebibytes, milliseconds, whole } from '../numbers.ts'
import type { Row } from '../row.ts'
import type { StoredRow } from '../stored.ts'
import type { ReportWords } from '../words.ts'
import { type Markup, markup } from './markup.ts'
import { table, titlesOf } from './texts.ts'
import type { PageWords } from './words.ts'

/** The server's CPU by process. */
export function serverTable(row: StoredRow, page: PageWords): Markup | false {
  const processes = row.target.usage?.serverByProcess ?? []
  if (processes.length === 0) return false
  const body = processes.map(
    ({ program, pid, cores: used }) =>
      markup`<tr><th scope="row">${program} <span class="note">${pid}</span></th><td>${cores(used)}</td></tr>`,
  )
  const caption = `${page.server}: ${cores(row.target.row.server_cpu_cores)} ${page.cores}, ${mebibytes(row.target.row.server_rss_bytes)}`
  return markup`<h3>${page.server}</h3>${table(caption, titlesOf([page.process, page.cores]), body, 'seen')}`
}

/** kf and the bare targets under the same load, with the ratio of what they carried. */
export function referenceTable(row: StoredRow, words: ReportWords, page: PageWords): Markup | false {
  if (row.references.length === 0) return false
  const own = row.target.row
  const line = (name: string, other: Row): Markup => {
    const ratio = quotient(own.messages_per_s, other.messages_per_s)
    const each = quotient(other.server_cpu_cores, other.messages_per_s)
    return markup`<tr><th scope="row">${name}${!other.valid && markup` <span class="warn">${words.invalid}</span>`}</th><td>${milliseconds(other.avg_ms)}</td><td>${milliseconds(other.p99_ms)}</td><td>${whole(other.messages_per_s)}</td><td>${cores(other.server_cpu_cores)}</td><td>${each === null ? '-' : `${(each * 1e6).toFixed(1)} µs`}</td><td>${ratio === null || name === 'kf' ? '-' : ratio.toFixed(2)}</td></tr>`
  }
  return markup`<h3>${page.references}</h3>${table(page.references, titlesOf(page.referenceColumns), [
    line('kf', own),
    ...row.references.map((side) => line(side.name, side.row)),
  ])}`
}

/** What went wrong, the most frequent first. */
export function failures(row: StoredRow, page: PageWords): Markup | false {
  const counts = new Map<string, number>()
  for (const { reason, count } of row.target.reasons) counts.set(reason, (counts.get(reason) ?? 0) + count)
  if (row.target.target_ended !== null) counts.set(row.target.target_ended, 1)
  if (counts.size === 0) return false
  const sorted = [...counts].sort((a, b) => b[1] - a[1])
  return markup`<h3>${page.failures}</h3><ul>${sorted.map(([reason, count]) => markup`<li>${whole(count)} × ${reason}</li>`)}</ul>`
}

export function logOf(row: StoredRow, page: PageWords): Markup | false {
  const { target_log: log } = row.target
  if (log.length === 0) return false
  return markup`<details><summary>${page.log}</summary><pre tabindex="0">${log.slice(-100).join('\n')}</pre></details>`
}

function quotient(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : a / b
}
