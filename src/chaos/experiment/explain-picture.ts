import { displayWidth, padEnd } from '../../core/display-width.ts'
import type { Timeline, TimelineStep } from './experiment.ts'

export type PictureWords = {
  readonly phase: string
  readonly baseline: string
  readonly fault: string
  readonly recovery: string
}

/** A timeline as lines of text no wider than `columns`: ticks, phases, then a lane for each thing that faults are aimed at. */
export function timelinePicture(timeline: Timeline, columns: number, words: PictureWords): readonly string[] {
  const lanes = lanesOf(timeline.steps)
  const labels = [words.phase, ...lanes.map(({ on }) => on)]
  const left = Math.max(...labels.map(displayWidth)) + 2
  const width = Math.max(20, columns - left - 1)
  const column = (ms: number): number =>
    Math.round((Math.min(ms, timeline.endsMs) / Math.max(1, timeline.endsMs)) * width)
  const line = (label: string, content: string): string => ` ${padEnd(label, left)}${content}`.trimEnd()
  const phases = new Canvas()
  const ends = [timeline.baselineMs, timeline.faultsEndMs, timeline.endsMs]
  for (const [i, text] of [words.baseline, words.fault, words.recovery].entries()) {
    const [from, to] = [column(ends[i - 1] ?? 0), column(ends[i] ?? 0)]
    phases.put(from, displayWidth(text) < to - from ? text : '|')
  }
  return [
    line('', ticks(timeline, width, column)),
    line(words.phase, phases.text),
    ...lanes.map(({ on, steps }, i) => line(on === lanes[i - 1]?.on ? '' : on, laneText(steps, column))),
  ]
}

/** Seconds as people read them: `38.6s`. */
export function secondsText(ms: number): string {
  return `${Math.round(ms / 100) / 10}s`
}

type Lane = { readonly on: string; readonly steps: TimelineStep[] }

// What holds at the same time on the same thing gets a lane of its own.
function lanesOf(steps: readonly TimelineStep[]): readonly Lane[] {
  const lanes: Lane[] = []
  for (const step of steps) {
    const free = lanes.find(
      ({ on, steps: [...before] }) =>
        on === step.on &&
        before.every((one) => (one.until ?? one.at) < step.at || one.at > (step.until ?? step.at)),
    )
    if (free === undefined) lanes.push({ on: step.on, steps: [step] })
    else free.steps.push(step)
  }
  const order = [...new Set(steps.map(({ on }) => on))]
  return lanes.toSorted((a, b) => order.indexOf(a.on) - order.indexOf(b.on))
}

function laneText(steps: readonly TimelineStep[], column: (ms: number) => number): string {
  const canvas = new Canvas()
  for (const [i, { at, until, fault, n }] of steps.entries()) {
    const from = Math.max(column(at), canvas.length)
    const next = steps[i + 1]
    const room = (next === undefined ? Number.POSITIVE_INFINITY : column(next.at)) - from
    if (until === undefined) canvas.put(from, `^${fittest([fault, String(n), ''], room - 2)}`)
    else {
      const inside = Math.max(0, Math.min(column(until) - from, room) - 2)
      canvas.put(from, `[${fittest([fault, String(n), ''], inside).padEnd(inside, '─')}]`)
    }
  }
  return canvas.text
}

function fittest(texts: readonly string[], room: number): string {
  return texts.find((text) => text.length <= room) ?? ''
}

function ticks(timeline: Timeline, width: number, column: (ms: number) => number): string {
  const canvas = new Canvas()
  const end = secondsText(timeline.endsMs)
  const instants = [
    0,
    timeline.baselineMs,
    timeline.faultsEndMs,
    ...timeline.steps.flatMap(({ at, until }) => [at, until ?? at]),
  ]
  for (const at of [...new Set(instants)].toSorted((a, b) => a - b)) {
    const text = secondsText(at)
    const from = column(at)
    const free = from === 0 || from > canvas.length
    if (free && from + text.length < width - end.length) canvas.put(from, text)
  }
  canvas.put(Math.max(canvas.length + 1, width - end.length), end)
  return canvas.text
}

/** A line that is written from left to right. */
class Canvas {
  text = ''

  get length(): number {
    return displayWidth(this.text)
  }

  put(at: number, text: string): void {
    this.text = padEnd(this.text, at) + text
  }
}
