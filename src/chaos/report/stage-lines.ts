import { milliseconds, whole } from './numbers.ts'
import type { StageReading } from './stages.ts'
import type { StoredRow } from './stored.ts'
import type { ReportWords } from './words.ts'

/** What each stage of the server cost and how long messages waited for it, then its commits and how late its loops were. */
export function stageLines(rows: readonly StoredRow[], words: ReportWords): readonly string[] {
  return rows.flatMap(({ concurrency, target }) => {
    const { stages } = target
    if (stages === undefined) return []
    const { store, loops } = stages
    const worst = loops.map(({ process, p99_ms }) => `${process} ${milliseconds(p99_ms)}`)
    const parts = [
      ...stages.stages.filter((stage) => stage.in > 0).map((stage) => stageText(stage, words)),
      ...(store === null
        ? []
        : [
            `${words.commits(whole(store.commits), whole(store.operations_per_commit))}, ${words.disk} p99 ${milliseconds(store.sync_p99_ms)}`,
          ]),
      ...(worst.length === 0 ? [] : [`${words.loops} ${worst.join(', ')}`]),
    ]
    return [`   ${words.stages}   ${whole(concurrency)}: ${parts.join('; ')}`]
  })
}

/** `12/4,096`; a queue without a bound of its own is its depth alone. */
export function queueText(queue: { readonly depth: number; readonly limit: number | null }): string {
  return queue.limit === null ? whole(queue.depth) : `${whole(queue.depth)}/${whole(queue.limit)}`
}

function stageText(stage: StageReading, words: ReportWords): string {
  const { us_per_message: each, waited_p99_ms: waited, queue_depth: depth, queue_limit: limit } = stage
  return [
    `${stage.stage} ${each === null ? '-' : `${each.toFixed(1)} µs`}`,
    ...(waited === null ? [] : [`${words.waited} ${milliseconds(waited)}`]),
    ...(depth === null ? [] : [`${words.queue} ${queueText({ depth, limit })}`]),
  ].join(', ')
}
