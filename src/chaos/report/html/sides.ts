import { cores, mebibytes, milliseconds, whole } from '../numbers.ts'
import type { Row } from '../row.ts'
import { queueText } from '../stage-lines.ts'
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
  const caption = `${ofRow(row, page.server, page)}: ${cores(row.target.row.server_cpu_cores)} ${page.cores}, ${mebibytes(row.target.row.server_rss_bytes)}`
  return markup`<h3>${page.server}</h3>${table(caption, titlesOf([page.process, page.cores]), body, 'seen')}`
}

/** The server's stages, its store and its loops within the measured window. */
export function stagesTables(row: StoredRow, page: PageWords): Markup | false {
  const { stages } = row.target
  if (stages === undefined) return false
  const body = stages.stages.map(
    (stage) =>
      markup`<tr><th scope="row">${stage.stage}</th><td>${whole(stage.in)}</td><td>${whole(stage.refused)}</td><td>${whole(stage.batches)}</td><td>${microseconds(stage.us_per_message)}</td><td>${milliseconds(stage.waited_p50_ms)}</td><td>${milliseconds(stage.waited_p99_ms)}</td><td>${
        stage.queue_depth === null ? '-' : queueText({ depth: stage.queue_depth, limit: stage.queue_limit })
      }</td></tr>`,
  )
  const { store, loops } = stages
  const loopRows = loops.map(
    (loop) =>
      markup`<tr><th scope="row">${loop.process}</th><td>${milliseconds(loop.p99_ms)}</td><td>${milliseconds(loop.max_ms)}</td><td>${(loop.busy * 100).toFixed(0)} %</td></tr>`,
  )
  return markup`<h3>${page.stages}</h3><p class="note">${page.stagesNote}</p>${table(ofRow(row, page.stages, page), titlesOf(page.stageColumns), body)}${
    store !== null &&
    markup`<p class="note">${page.commits(
      whole(store.commits),
      whole(store.operations_per_commit),
      milliseconds(store.sync_p50_ms),
      milliseconds(store.sync_p99_ms),
    )}</p>`
  }${loopRows.length > 0 && markup`<h3>${page.loops}</h3>${table(ofRow(row, page.loops, page), titlesOf(page.loopColumns), loopRows)}`}`
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
  return markup`<h3>${page.references}</h3>${table(
    ofRow(row, page.references, page),
    titlesOf(page.referenceColumns),
    [line('kf', own), ...row.references.map((side) => line(side.name, side.row))],
  )}`
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

// Several rows have such a table: each needs a name of its own.
function ofRow(row: StoredRow, what: string, page: PageWords): string {
  return `${page.visitors(whole(row.concurrency))}, ${what}`
}

function microseconds(value: number | null): string {
  return value === null ? '-' : `${value.toFixed(1)} µs`
}

function quotient(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : a / b
}
