import { cores, milliseconds, whole } from './numbers.ts'
import type { StoredRow } from './stored.ts'
import type { ReportWords } from './words.ts'

/** What each host that lent generators spent, and how far its clock may be off: delivery times across hosts carry that. */
export function hostLines(rows: readonly StoredRow[], words: ReportWords): readonly string[] {
  return rows.flatMap(({ concurrency, target }) => {
    const texts = (target.hosts ?? []).map((host) => {
      const spent = host.on_this_machine ? words.sameMachine : `${cores(host.generator_cores)} ${words.cores}`
      const clock = `${words.clock} ± ${milliseconds(host.clock_uncertainty_ms)}`
      return `${host.host} ${host.generators} × ${words.generator}, ${spent}, ${clock}`
    })
    return texts.length === 0 ? [] : [`   ${words.hosts}   ${whole(concurrency)}: ${texts.join('; ')}`]
  })
}
