import { runRest } from '../../chaos/load/rest-run.ts'
import { scenarioText } from '../../chaos/report/final.ts'
import { reportWords } from '../../chaos/report/words.ts'
import type { Scenario } from '../../chaos/scenario/scenario.ts'
import { report, runContext } from './bench-end.ts'
import type { BenchFlags } from './bench-flags.ts'
import { readAdapter, readPlan } from './bench-plan.ts'
import type { CommandContext } from './table.ts'

/** `kf bench` of a scenario's requests alone: by autocannon, without sockets, one row a step. */
export async function benchRest(
  flags: BenchFlags,
  context: CommandContext,
  scenario: Scenario,
): Promise<void> {
  const { state, texts, exit } = context
  const alone: Scenario = { ...scenario, flows: [], mode: 'open' }
  const plan = readPlan(flags, state, await readAdapter(flags, state), alone)
  const words = reportWords[texts.bench.language === 'zh' ? 'zh' : 'en']
  const startedAt = new Date()
  const from = state.sinceStartMs()
  const stop = new AbortController()
  const forget = state.onSignal(() => {
    if (!stop.signal.aborted) state.err.write(`kf: ${words.stopping}\n`)
    stop.abort()
  })
  const brief = { name: scenario.name, title: scenario.title, flows: [] }
  const { target, workers = 1 } = plan
  state.err.write(`kf bench ${scenario.name}   autocannon   ${scenarioText(brief, words)}\n`)
  try {
    const rest = await runRest({ target, scenario, workers }, runContext(state, stop.signal), (phase) => {
      state.err.write(`${target.name}: ${words.phases[phase]}\n`)
    })
    exit.code = await report(flags, context, {
      plan,
      rest,
      engine: 'autocannon',
      asked: scenario.thresholds,
      rows: [],
      startedAt,
      seconds: (state.sinceStartMs() - from) / 1000,
      interrupted: stop.signal.aborted,
    })
  } finally {
    forget()
  }
}
