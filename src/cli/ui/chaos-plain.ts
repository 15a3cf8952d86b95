import type { Experiment, Timeline } from '../../chaos/experiment/experiment.ts'
import type { ExperimentWords } from '../../chaos/report/experiment/words.ts'
import { milliseconds, whole } from '../../chaos/report/numbers.ts'
import { activeFaults, faultText, headLine, nowOf, peopleParts } from './chaos-lines.ts'
import { type ChaosEvent, type ChaosState, reduce, startState } from './chaos-state.ts'
import { type ChaosView, eventsTo } from './chaos-view.ts'

const everyMs = 5_000

/** The same for logs and pipes: a line for each step and each turn of a fault, and one every five seconds. */
export function plainView(
  experiment: Experiment,
  timeline: Timeline,
  named: string,
  words: ExperimentWords,
  write: (text: string) => void,
  clock: () => number,
): ChaosView {
  let state = startState(experiment, timeline, named)
  let last = clock()
  write(`${headLine(state, words, 0)}\n`)
  const take = (event: ChaosEvent): void => {
    state = reduce(state, event)
    if (event.t === 'step') write(`${words.live.steps[event.what] ?? event.what}\n`)
    else if (event.t === 'fault') write(turnLine(event, words))
    else if (clock() - last >= everyMs) {
      last = clock()
      write(secondLine(state, words))
    }
  }
  return {
    ...eventsTo(take),
    stopping: (again) => {
      write(`kf: ${again ? words.live.stillHealing : words.live.healing}\n`)
    },
    stop: () => {},
  }
}

function turnLine({ record, event }: Extract<ChaosEvent, { t: 'fault' }>, { live }: ExperimentWords): string {
  const at = { inject: record.injectedMs, verified: record.verifiedMs, healed: record.healedMs }
  const ms = event === 'inject' || event === 'verified' || event === 'healed' ? at[event] : undefined
  const said = event === 'verified' ? record.proof : record.trouble
  const more = said === undefined || event === 'inject' || event === 'healed' ? '' : `: ${said}`
  return `${stamp(ms)}${record.fault} ${record.on}: ${live.fault[event]}${more}\n`
}

function secondLine(state: ChaosState, words: ExperimentWords): string {
  const { second, told } = state
  if (second === undefined) return ''
  const active = activeFaults(state).map((record) => faultText(record, state, words, nowOf(state, 0) ?? 0))
  const seen =
    told !== undefined && told.violations > 0 ? [words.live.violations(whole(told.violations))] : []
  const parts = [
    `${whole(second.acks)} ${words.live.acks}`,
    `p99 ${milliseconds(second.p99Ms ?? null)}`,
    ...peopleParts(state, words),
    ...active,
    ...seen,
  ]
  return `${stamp(second.t)}${parts.join('   ')}\n`
}

function stamp(ms: number | undefined): string {
  return ms === undefined ? '' : `[${Math.round(ms / 1000)} s] `
}
