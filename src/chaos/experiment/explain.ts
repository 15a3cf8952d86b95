import { displayWidth, padEnd } from '../../core/display-width.ts'
import type { Language } from '../../core/said.ts'
import { durationText, limitText } from '../yaml/units.ts'
import type { Experiment, PhaseName, Threshold, Timeline, TimelineStep } from './experiment.ts'
import { secondsText, timelinePicture } from './explain-picture.ts'
import { explainWords } from './explain-words.ts'
import type { Kinds } from './load-facts.ts'
import { planTimeline } from './plan.ts'
import { measureUnits } from './schema.ts'

/** Lines of the table of steps; a long random run has hundreds. */
const shownSteps = 60

/** What a scenario will do with this seed, in words and as a picture no wider than `columns`. */
export function explainExperiment(
  experiment: Experiment,
  kinds: Kinds,
  seed: number,
  language: Language,
  columns: number,
): string {
  const words = explainWords[language]
  const timeline = planTimeline(experiment, kinds, seed)
  const { name, title } = experiment
  const used = [...new Set(timeline.steps.map(({ fault }) => fault))].flatMap(
    (fault) => kinds.get(fault) ?? [],
  )
  const faults = used.map((kind): readonly [string, string] => [kind.name, kind.describe[language]])
  return [
    `${name}   "${title}"   ${words.seed(seed)}`,
    ...facts([
      [words.rows.load, loadText(experiment, language)],
      [words.rows.against, againstText(experiment, language)],
      [words.rows.takes, takesText(experiment, timeline, language)],
    ]),
    '',
    ...timelinePicture(timeline, columns, { phase: words.phase, ...words.phases }),
    '',
    ...stepTable(timeline.steps, language),
    '',
    ...facts(faults),
    '',
    ...facts([
      ...experiment.probes.map(({ name: probe, threshold }): readonly [string, string] => [
        words.rows.probes,
        `${probe}: ${tolerances(threshold, words.phases)}`,
      ]),
      ...experiment.safety.abortIf.map((one): readonly [string, string] => [
        words.rows.aborts,
        thresholdText(one),
      ]),
      [words.rows.judged, experiment.checks.invariants.join(', ')],
      [words.rows.needs, needsOf(timeline, kinds).join(', ')],
      [words.rows.run, `kf chaos run ${name}${seed === experiment.seed ? '' : ` --seed ${seed}`}`],
    ]),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

/** Programs that this timeline needs. All links lead through Toxiproxy, so it is always among them. */
export function needsOf({ steps }: Timeline, kinds: Kinds): readonly string[] {
  return [...new Set(['toxiproxy', ...steps.flatMap(({ fault }) => kinds.get(fault)?.needs ?? [])])]
}

/** `error_rate > 90%` */
export function thresholdText({ measure, ...limit }: Threshold): string {
  return `${measure} ${limitText(limit, measureUnits[measure])}`
}

/** A fault's own keys as they were written: `latency: 200ms, jitter: 20ms`. */
export function paramsText(params: Readonly<Record<string, unknown>>): string {
  return Object.entries(params)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
}

function tolerances(
  threshold: Readonly<Partial<Record<PhaseName, Threshold>>>,
  phases: Readonly<Record<PhaseName, string>>,
): string {
  return (['baseline', 'fault', 'recovery'] as const)
    .flatMap((phase) => {
      const one = threshold[phase]
      return one === undefined ? [] : [`${phases[phase]} ${thresholdText(one)}`]
    })
    .join(', ')
}

function loadText({ workload }: Experiment, language: Language): string {
  const words = explainWords[language]
  const { visitors, agents, rate, desk, reconnectPerMinute, slowReaders } = workload
  const perSecond = Number((visitors * rate).toPrecision(3))
  return [
    words.load(visitors, agents, rate, perSecond),
    ...(desk > 0 ? [words.desk(desk)] : []),
    ...(reconnectPerMinute > 0 ? [words.reconnects(percent(reconnectPerMinute))] : []),
    ...(slowReaders > 0 ? [words.slow(percent(slowReaders))] : []),
  ].join(language === 'zh' ? '，' : ', ')
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(12))}%`
}

function againstText({ topology }: Experiment, language: Language): string {
  const words = explainWords[language]
  return topology.kind === 'embedded'
    ? words.embedded(topology.workers)
    : words.attached(topology.url, topology.toxiproxy)
}

function takesText(
  { workload, safety, recoveryMs }: Experiment,
  timeline: Timeline,
  language: Language,
): string {
  return explainWords[language].takes(
    durationText(workload.warmupMs),
    secondsText(timeline.faultsEndMs),
    durationText(recoveryMs),
    secondsText(safety.ttlMs),
  )
}

function stepTable(steps: readonly TimelineStep[], language: Language): readonly string[] {
  const words = explainWords[language]
  const rows = steps
    .slice(0, shownSteps)
    .map(({ n, at, until, fault, on, params }) => [
      String(n),
      secondsText(at),
      until === undefined ? words.byItself : secondsText(until),
      fault,
      on,
      paramsText(params),
    ])
  const all = [words.columns, ...rows]
  const widths = words.columns.map((_, i) => Math.max(...all.map((row) => displayWidth(row[i] ?? ''))))
  const lines = all.map((row) =>
    ` ${row.map((cell, i) => padEnd(cell, widths[i] ?? 0)).join('  ')}`.trimEnd(),
  )
  const more = steps.length - rows.length
  return more > 0 ? [...lines, ` ${words.moreSteps(more)}`] : lines
}

function facts(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(0, ...rows.map(([label]) => displayWidth(label)))
  return rows.map(([label, text], i) => {
    const shown = rows[i - 1]?.[0] === label ? '' : label
    return ` ${padEnd(shown, width)}  ${text}`
  })
}
