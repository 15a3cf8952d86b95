import { displayWidth, padEnd } from '../../../core/display-width.ts'
import type { Timeline, TimelineStep } from '../../experiment/experiment.ts'
import type { FaultRecord } from '../../experiment/result.ts'
import type { ExperimentWords } from './words.ts'

/** What a run is doing on its timeline; times in ms from the start of the baseline. */
export type Progress = {
  readonly timeline: Timeline
  /** By number. */
  readonly records: ReadonlyMap<number, FaultRecord>
  /** Undefined before the baseline. */
  readonly now: number | undefined
}

/**
 * The timeline as three lines: where each stretch begins, the stretches, and `^` at this moment. Stretches have the width of their
 * names, not of their time. Of a timeline that is wider than `width`, the part around this moment.
 */
export function timelineLines(
  { timeline, records, now }: Progress,
  words: ExperimentWords,
  width: number,
): readonly string[] {
  const all = stretches(timeline, words, records)
  const current = now === undefined ? 0 : currentOf(all, now)
  const shown = around(all, current, width - 4)
  let column = shown[0] === all[0] ? 1 : 3
  const placed = shown.map((stretch) => {
    const from = column
    const wide = Math.max(displayWidth(stretch.text), at(stretch.from).length)
    column += wide + 1
    return { stretch, from, wide }
  })
  const cutAt = placed.at(-1)?.stretch === all.at(-1) ? undefined : column
  let times = ''
  let names = placed[0]?.from === 3 ? ' …' : ''
  for (const { stretch, from } of placed) {
    if (displayWidth(times) < from) times = padEnd(times, from) + at(stretch.from)
    names = padEnd(names, from) + stretch.text
  }
  if (cutAt === undefined) times = `${padEnd(times, column)}${at(timeline.endsMs)}`
  else names = `${padEnd(names, cutAt)}…`
  const here = placed.find(({ stretch }) => stretch === all[current])
  if (now === undefined || here === undefined) return [times, names]
  const { from, to } = here.stretch
  const share = Math.min(1, Math.max(0, (now - from) / Math.max(1, to - from)))
  const text = `^ ${Math.max(0, Math.floor(now / 1000))} s`
  const pointer = Math.max(
    0,
    Math.min(here.from + Math.round(share * (here.wide - 1)), width - text.length - 1),
  )
  return [times, names, ' '.repeat(pointer) + text]
}

/** `partition agents`, `kill node`: a fault as short as it is still plain. */
export function shortFault({ fault, on }: Pick<TimelineStep, 'fault' | 'on'>): string {
  return `${fault} ${on.replace(/->node$/, '')}`
}

type Stretch = { readonly from: number; readonly to: number; readonly text: string }

function stretches(
  { steps, endsMs, baselineMs }: Timeline,
  { phases }: ExperimentWords,
  records: Progress['records'],
): readonly Stretch[] {
  let until = steps[0]?.at ?? baselineMs
  const all: Stretch[] = [{ from: 0, to: until, text: phases.baseline }]
  for (const step of steps) {
    if (step.at - until >= 1_000) all.push({ from: until, to: step.at, text: phases.calm })
    const end = step.until ?? step.at
    all.push({ from: step.at, to: end, text: `[${shortFault(step)}${markOf(records.get(step.n))}]` })
    until = Math.max(until, end)
  }
  all.push({ from: until, to: Math.max(endsMs, until), text: phases.recovery })
  return all
}

function markOf(record: FaultRecord | undefined): string {
  if (record === undefined) return ''
  if (record.trouble !== undefined && record.healedMs === undefined) return ' ✗'
  if (record.healedMs === undefined) return ''
  return record.verifiedMs === undefined ? ' ?' : ' ✓'
}

// The last that has begun and is not over; between two, the last that has begun.
function currentOf(all: readonly Stretch[], now: number): number {
  const holds = all.findLastIndex(({ from, to }) => from <= now && now < to)
  return holds >= 0
    ? holds
    : Math.max(
        0,
        all.findLastIndex(({ from }) => from <= now),
      )
}

// From the first one that still lets the current one and the next be seen.
function around(all: readonly Stretch[], current: number, width: number): readonly Stretch[] {
  const wide = ({ from, text }: Stretch): number => Math.max(displayWidth(text), at(from).length) + 1
  const total = (from: number, to: number): number =>
    all.slice(from, to).reduce((sum, one) => sum + wide(one), 0)
  let first = 0
  while (first < current && total(first, Math.min(all.length, current + 2)) > width - 6) first += 1
  let last = first + 1
  while (last < all.length && total(first, last + 1) <= width - 6) last += 1
  return all.slice(first, last)
}

function at(ms: number): string {
  return `${Math.round(ms / 1000)}s`
}
