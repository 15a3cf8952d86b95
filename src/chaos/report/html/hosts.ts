import type { HostReport } from '../../load/remote-usage.ts'
import { cores, milliseconds, whole } from '../numbers.ts'
import type { StoredRow } from '../stored.ts'
import type { ReportWords } from '../words.ts'
import { type Markup, markup } from './markup.ts'
import { table, titlesOf } from './texts.ts'
import type { PageWords } from './words.ts'

/** The hosts that lent the row's generators: what these used there, and how far each clock may be off. */
export function hostsTable(row: StoredRow, words: ReportWords, page: PageWords): Markup | false {
  const hosts = row.target.hosts ?? []
  if (hosts.length === 0) return false
  const caption = `${page.hosts}, ${page.visitors(whole(row.concurrency))}`
  return markup`<h3>${page.hosts}</h3><p class="note">${page.hostsNote}</p>${table(
    caption,
    titlesOf(page.hostColumns),
    hosts.map((host) => line(host, words)),
  )}`
}

function line(host: HostReport, words: ReportWords): Markup {
  const used = host.on_this_machine ? words.sameMachine : cores(host.generator_cores)
  return markup`<tr><th scope="row">${host.host}</th><td>${whole(host.generators)}</td><td>${used}</td><td>± ${milliseconds(host.clock_uncertainty_ms)}</td><td>${cores(host.busiest_generator_cores)}</td><td>${cores(host.other_cores)}</td><td>${whole(host.cores)}</td></tr>`
}
