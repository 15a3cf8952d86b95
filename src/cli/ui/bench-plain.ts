import type { BenchPlan } from '../../chaos/load/bench.ts'
import { spoken } from '../../chaos/report/final.ts'
import { cores, milliseconds, share, whole } from '../../chaos/report/numbers.ts'
import type { ReportWords } from '../../chaos/report/words.ts'
import { headLine } from './bench-lines.ts'
import { type BenchState, heads, reduce, startState } from './bench-state.ts'
import type { BenchView } from './bench-view.ts'

const everyMs = 5_000

/** The same for logs and pipes: a line when something begins, one every five seconds while measuring, one for each row. */
export function plainView(
  plan: BenchPlan,
  words: ReportWords,
  write: (text: string) => void,
  clock: () => number,
): BenchView {
  let state: BenchState = startState(plan)
  let last = 0
  write(`${headLine(state, words, 0)}\n`)
  return {
    event: (event) => {
      state = reduce(state, event)
      if (event.t === 'phase') {
        last = clock()
        write(`${at(state, event.index)} ${event.target}: ${words.phases[event.phase]}\n`)
      } else if (event.t === 'usage' && clock() - last >= everyMs) {
        last = clock()
        write(measuringLine(state, words))
      } else if (event.t === 'done') {
        const { row } = event.row.outcome
        const end = row.valid
          ? words.valid
          : `${words.invalid}: ${spoken(event.row.outcome, words).invalid_reason ?? ''}`
        write(
          `${at(state, event.index)} ${milliseconds(row.avg_ms)}, ${share(row.error_rate)}, p99 ${milliseconds(row.p99_ms)}; ${end}\n`,
        )
      }
    },
    stopping: () => {
      write(`kf: ${words.stopping}\n`)
    },
    stop: () => {},
  }
}

function measuringLine(state: BenchState, words: ReportWords): string {
  const { running } = state
  if (running === null) return ''
  const parts = [
    words.connectedLine(
      whole(heads(running).visitors),
      running.target === 'echo' ? '' : whole(heads(running).agents),
    ),
    `${milliseconds(running.latency.meanMs)}, p99 ${milliseconds(running.latency.quantileMs(0.99))}`,
    `${whole(running.messagesPerSecond)} msgs/s`,
    `${words.server} ${cores(running.usage?.serverCores ?? null)}, ${words.generator} ${cores(running.usage?.generatorCores ?? null)} ${words.cores}`,
  ]
  return `${at(state, running.index)} ${running.target}: ${parts.join('   ')}\n`
}

function at(state: BenchState, index: number): string {
  return `[${whole(state.plan.concurrency[index] ?? 0)}]`
}
