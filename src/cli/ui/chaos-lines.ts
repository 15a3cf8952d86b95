import type { FaultRecord } from '../../chaos/experiment/result.ts'
import { timelineLines } from '../../chaos/report/experiment/picture.ts'
import type { ExperimentWords } from '../../chaos/report/experiment/words.ts'
import { sparkline, whole } from '../../chaos/report/numbers.ts'
import { wrapped } from '../../chaos/report/table.ts'
import { displayWidth, padEnd, padStart } from '../../core/display-width.ts'
import type { ChaosState } from './chaos-state.ts'
import type { Line } from './line.ts'

/** The live view as lines: what runs, its timeline with this moment, the load, the faults that hold, and what was seen so far. */
export function liveLines(
  state: ChaosState,
  words: ExperimentWords,
  /** Since the last second was told. */
  sinceMs: number,
  width: number,
): readonly Line[] {
  const now = nowOf(state, sinceMs)
  const { timeline, records, experiment } = state
  const picture = timelineLines({ timeline, records, now }, words, width)
  const ttl = `ttl ${Math.round(experiment.safety.ttlMs / 1000)}s`
  const room = width - displayWidth(picture[0] ?? '') - ttl.length
  const dim = (text: string): Line => ({ text, tone: 'dim' })
  return [
    ...wrapped(headLine(state, words, width), width).map((text): Line => ({ text, tone: 'strong' })),
    dim(room >= 8 ? `${picture[0] ?? ''}        ${ttl}` : (picture[0] ?? '')),
    { text: picture[1] ?? '', tone: 'plain' },
    picture[2] === undefined
      ? dim(` ${words.live.steps[state.step] ?? state.step}`)
      : { text: picture[2], tone: 'strong' },
    ...loadLines(state, words, width),
    ...faultLines(state, words, now, width),
  ]
}

/** The first line: what runs, the question that it answers, the seed; what Ctrl-C does, where there is room. */
export function headLine({ experiment, named }: ChaosState, words: ExperimentWords, width: number): string {
  const left = `kf chaos run ${named}   "${experiment.title}"   ${words.seed} ${experiment.seed}`
  const room = width - displayWidth(left)
  return displayWidth(words.live.heals) + 3 <= room ? left + padStart(words.live.heals, room) : left
}

/** `partition visitors->node, 6 s, verified, heals at 61 s` */
export function faultText(
  { fault, on, injectedMs, verifiedMs, n }: FaultRecord,
  state: ChaosState,
  words: ExperimentWords,
  now: number,
): string {
  const until = state.timeline.steps.find((step) => step.n === n)?.until
  return [
    `${fault} ${on}`,
    `${Math.max(0, Math.round((now - injectedMs) / 1000))} s`,
    verifiedMs === undefined ? words.live.unverified : words.live.verified,
    ...(until === undefined ? [] : [words.live.healsAt(`${Math.round(until / 1000)} s`)]),
  ].join(words.live.separator)
}

/** Those that hold at this moment: what was told of each fault is newer than what was told of the last second. */
export function activeFaults({ records }: ChaosState): readonly FaultRecord[] {
  return [...records.values()].filter(({ healedMs }) => healedMs === undefined)
}

/** Visitors and agents of those asked, what is unknown, and what waits for an agent. */
export function peopleParts(
  { second, experiment }: ChaosState,
  { live }: ExperimentWords,
): readonly string[] {
  if (second === undefined) return []
  const { visitors, agents } = experiment.workload
  return [
    `${live.visitors} ${whole(second.visitors)}/${whole(visitors)}`,
    `${live.agents} ${whole(second.agents)}/${whole(agents)}`,
    `${live.unknown} ${whole(second.unknown)}`,
    ...(second.queued === undefined ? [] : [`${live.queue} ${whole(second.queued)}`]),
  ]
}

/** From the start of the baseline; undefined before it. */
export function nowOf({ second }: ChaosState, sinceMs: number): number | undefined {
  const now = second === undefined ? -1 : second.t + sinceMs
  return now < 0 ? undefined : now
}

function loadLines(state: ChaosState, words: ExperimentWords, width: number): readonly Line[] {
  const { live } = words
  const people = peopleParts(state, words)
  if (people.length === 0) return []
  const bars = sparkline(state.acks.slice(-Math.max(10, Math.min(60, width - 70))))
  return flowing(live.acks, labelWidth(words), [bars, ...people], width).map((text) => ({
    text,
    tone: 'plain',
  }))
}

function faultLines(
  state: ChaosState,
  words: ExperimentWords,
  now: number | undefined,
  width: number,
): readonly Line[] {
  const { told } = state
  const { live } = words
  if (told === undefined) return []
  const label = labelWidth(words)
  const active = activeFaults(state).map((record) => faultText(record, state, words, now ?? 0))
  const guard = told.undoSynced ? live.guardArmed : live.guardOpen
  const seen = told.violations > 0 ? live.violations(whole(told.violations)) : live.noViolation
  return [
    ...flowing(live.active, label, [...(active.length === 0 ? [live.none] : active), guard], width).map(
      (text): Line => ({ text, tone: active.length === 0 ? 'dim' : 'plain' }),
    ),
    ...flowing(live.checks, label, [seen, ...afterFaults(state, words)], width).map(
      (text): Line => ({ text, tone: told.violations > 0 ? 'bad' : 'plain' }),
    ),
  ]
}

// The picture ends with the recovery; what comes after it is said in words.
const laterSteps: ReadonlySet<string> = new Set(['drain', 'read-back', 'stop', 'check'])

function afterFaults({ step }: ChaosState, { live }: ExperimentWords): readonly string[] {
  return laterSteps.has(step) ? [live.steps[step] ?? step] : []
}

function labelWidth({ live }: ExperimentWords): number {
  return Math.max(...[live.acks, live.active, live.checks].map(displayWidth))
}

// Parts side by side, on as many lines as they need, below one another behind the label.
function flowing(
  label: string,
  labelled: number,
  parts: readonly string[],
  width: number,
): readonly string[] {
  const indent = labelled + 3
  const lines: string[] = []
  for (const part of parts) {
    const last = lines.at(-1)
    const joined = last === undefined ? part : `${last}   ${part}`
    if (last !== undefined && displayWidth(joined) + indent <= width) lines[lines.length - 1] = joined
    else lines.push(...wrapped(part, Math.max(20, width - indent)))
  }
  return lines.map((line, i) => ` ${padEnd(i === 0 ? label : '', labelled)}  ${line}`)
}
