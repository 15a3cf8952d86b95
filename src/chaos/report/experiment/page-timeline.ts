import { displayWidth } from '../../../core/display-width.ts'
import type { ExperimentResult, Second } from '../../experiment/result.ts'
import { type Markup, markup } from '../html/markup.ts'
import { linear, logarithmic, type Scale, seconds } from '../html/scale.ts'
import {
  type Area,
  band,
  bar,
  columns,
  drawing,
  legend,
  line,
  type Point,
  px,
  rows,
  type Size,
} from '../html/svg.ts'
import { axisMs } from '../html/texts.ts'
import { whole } from '../numbers.ts'
import type { HistoryFacts } from './facts.ts'
import type { ExperimentPageWords } from './page-words.ts'
import { coarserSeconds, faultSpans, lanesOf, phaseSpans, wholeSpan } from './spans.ts'
import type { ExperimentWords } from './words.ts'

/** Latency, acks, connections and what is open over one axis of time, under the faults' bands and the phases' marks. */
export function experimentTimeline(
  result: ExperimentResult,
  facts: HistoryFacts,
  words: ExperimentWords,
  page: ExperimentPageWords,
): Markup {
  const { series, step } = coarserSeconds(result.series)
  const errors = result.series.reduce((sum, one) => sum + one.errors, 0)
  const { live } = words
  return markup`<figure><figcaption>${legend([
    { look: 'a', text: 'p50' },
    { look: 'b', text: 'p99' },
    { look: 'ref thin', text: live.acks },
    { look: 'error', text: `${live.errors} ${whole(errors)}` },
    { look: 'a thin', text: live.visitors },
    { look: 'c thin dashed', text: live.agents },
    { look: 'b thin', text: live.unknown },
    ...(series.some(({ queued }) => queued !== undefined)
      ? [{ look: 'c thin dotted', text: live.queue }]
      : []),
  ])}</figcaption>${drawing(`${page.timeline}: ${result.experiment.name}`, (size) =>
    draw(result, series, facts, page, size),
  )}<p class="note">${page.timelineNote}${step > 1 && ` ${page.coarse(step)}.`}</p></figure>`
}

const left = 62
const gap = 30
const laneHeight = 22

function draw(
  result: ExperimentResult,
  series: readonly Second[],
  facts: HistoryFacts,
  page: ExperimentPageWords,
  size: Size,
) {
  const right = size.width - 18
  const wide = size.name === 'wide'
  const below = (top: number, height: number): Area => ({ left, right, top, bottom: top + height })
  const span = wholeSpan(result, facts)
  const time = seconds(span.from / 1000, span.to / 1000, [left, right], size.ticks)
  const at = (ms: number): number => time.at(ms / 1000)
  const bars = faultBars(faultSpans(result, span.to), at, right)
  const lanes = lanesOf(bars)
  const laneCount = Math.max(0, ...lanes.map((lane) => lane + 1))
  const faults = below(42, laneCount * laneHeight)
  const latency = below(faults.bottom + (laneCount === 0 ? 0 : gap), wide ? 190 : 150)
  const acks = below(latency.bottom + gap, 84)
  const heads = below(acks.bottom + gap, 60)
  const open = below(heads.bottom + gap, 60)
  const memory = series.some(({ rssBytes }) => rssBytes !== undefined)
    ? below(open.bottom + gap, 48)
    : undefined
  const last = memory ?? open
  const step = Math.max(1, (series[1]?.t ?? 1_000) - (series[0]?.t ?? 0))
  const through = (pick: (one: Second) => number | undefined, scale: Scale): readonly (Point | null)[] =>
    series.map((one) => {
      const value = pick(one)
      return value === undefined ? null : [at(one.t - step / 2), scale.at(value)]
    })
  const content = markup`${bars.map(
    ({ x, width }) =>
      markup`<rect class="faultband" x="${px(x)}" y="${latency.top}" width="${px(width)}" height="${last.bottom - latency.top}"/>`,
  )}${phaseMarks(phaseSpans(result, facts), at, page, last.bottom, wide)}${bars.map((one, i) =>
    faultBar(one, faults.top + (lanes[i] ?? 0) * laneHeight),
  )}${latencyPanel(series, latency, through, page.latency)}${acksPanel(series, acks, at, through, page.acks)}${headsPanel(result, heads, through, page.connections)}${openPanel(series, open, through, page.open)}${memory !== undefined && memoryPanel(series, memory, through, page.memory)}${columns(last, time, (second) => `${second} s`, false)}`
  return { height: last.bottom + 26, content }
}

type Through = (pick: (one: Second) => number | undefined, scale: Scale) => readonly (Point | null)[]
type At = (ms: number) => number

// A label that would run into the next mark is left out: the table of phases names them all.
function phaseMarks(
  spans: ReturnType<typeof phaseSpans>,
  at: At,
  page: ExperimentPageWords,
  bottom: number,
  wide: boolean,
): Markup {
  return markup`${spans.map(({ phase, from, to }) => {
    const x = px(at(from))
    const name = page.phaseNames[phase]
    const room = at(to) - at(from)
    const needed = displayWidth(name) * 7 + 6
    return markup`<line class="phaseline" x1="${x}" x2="${x}" y1="18" y2="${bottom}"/>${
      (wide || phase !== 'calm') &&
      room >= needed &&
      markup`<text class="panel" x="${px(at(from) + 4)}" y="22">${name}</text>`
    }`
  })}`
}

type FaultBar = ReturnType<typeof faultBars>[number]

/** Beyond so many their names would fill the picture: then they have their numbers, which the table below has too. */
const mostNamed = 12

/** Where each bar and its label stand; `from` and `to` span both. */
function faultBars(spans: ReturnType<typeof faultSpans>, at: At, right: number) {
  return spans.map(({ record, from, to, state }) => {
    const name = `${record.fault} ${record.on}`
    const label = spans.length > mostNamed ? String(record.n) : name
    const x = at(from)
    const width = Math.max(4, at(to) - x)
    const fired = record.verifiedMs === undefined ? undefined : at(record.verifiedMs)
    const needed = displayWidth(label) * 6.8 + 6
    const bar = { name, label, state, x, width, fired }
    // Inside where it fits, else beside, on the side that has room.
    if (width >= needed + 8) return { ...bar, from: x, to: x + width, textAt: x + 8, anchor: 'start' }
    if (x + width + needed <= right + 16 || needed > x)
      return { ...bar, from: x, to: x + width + needed, textAt: x + width + 5, anchor: 'start' }
    return { ...bar, from: x - needed, to: x + width, textAt: x - 5, anchor: 'end' }
  })
}

function faultBar({ name, label, state, x, width, fired, textAt, anchor }: FaultBar, top: number): Markup {
  return markup`<rect class="fault ${state}" x="${px(x)}" y="${top}" width="${px(width)}" height="${laneHeight - 5}"><title>${name}</title></rect>${
    fired !== undefined &&
    markup`<line class="fired" x1="${px(fired)}" x2="${px(fired)}" y1="${top + 2}" y2="${top + laneHeight - 7}"/>`
  }<text class="lane" x="${px(textAt)}" y="${top + 13}" text-anchor="${anchor}">${label}</text>`
}

function latencyPanel(series: readonly Second[], area: Area, through: Through, title: string): Markup {
  const values = series.flatMap(({ p50Ms, p99Ms }) => [p50Ms, p99Ms]).filter((one) => one !== undefined)
  const low = values.reduce((least, one) => Math.min(least, one), 1)
  const high = values.reduce((most, one) => Math.max(most, one), 1)
  const scale = logarithmic(Math.max(0.05, low), high, [area.bottom, area.top])
  const [p50, p99] = [through(({ p50Ms }) => p50Ms, scale), through(({ p99Ms }) => p99Ms, scale)]
  return markup`${rows(area, scale, axisMs, title)}${band(p99, p50, 'band')}${line(p50, 'a')}${line(p99, 'b')}`
}

function acksPanel(series: readonly Second[], area: Area, at: At, through: Through, title: string): Markup {
  const top = series.reduce((most, { acks, errors }) => Math.max(most, acks, errors), 1)
  const scale = linear(top, [area.bottom, area.top], 2)
  const width = Math.min(10, Math.max(1.2, (at(1_000) - at(0)) * 0.6))
  const errors = through(({ errors }) => errors, scale)
  return markup`${rows(area, scale, whole, title)}${line(
    through(({ acks }) => acks, scale),
    'ref thin',
  )}${series.map((one, i) => {
    const point = errors[i] ?? null
    return one.errors > 0 && point !== null && bar(area, point[0], width, area.bottom - point[1], 'error')
  })}`
}

// As shares: forty agents would be a flat line under two thousand visitors.
function headsPanel({ experiment }: ExperimentResult, area: Area, through: Through, title: string): Markup {
  const { visitors, agents } = experiment.workload
  const scale = linear(100, [area.bottom, area.top], 2)
  const share = (value: number, asked: number): number =>
    asked === 0 ? 0 : Math.min(100, (value / asked) * 100)
  return markup`${rows(area, scale, whole, title)}${line(
    through((one) => share(one.visitors, visitors), scale),
    'a thin',
  )}${
    agents > 0 &&
    line(
      through((one) => share(one.agents, agents), scale),
      'c thin dashed',
    )
  }`
}

function openPanel(series: readonly Second[], area: Area, through: Through, title: string): Markup {
  const top = series.reduce((most, { unknown, queued }) => Math.max(most, unknown, queued ?? 0), 1)
  const scale = linear(top, [area.bottom, area.top], 2)
  return markup`${rows(area, scale, whole, title)}${line(
    through(({ unknown }) => unknown, scale),
    'b thin',
  )}${line(
    through(({ queued }) => queued, scale),
    'c thin dotted',
  )}`
}

function memoryPanel(series: readonly Second[], area: Area, through: Through, title: string): Markup {
  const mib = ({ rssBytes }: Second): number | undefined =>
    rssBytes === undefined ? undefined : rssBytes / 1024 / 1024
  const scale = linear(
    series.reduce((most, one) => Math.max(most, mib(one) ?? 0), 1),
    [area.bottom, area.top],
    2,
  )
  return markup`${rows(area, scale, whole, title)}${line(through(mib, scale), 'a thin')}`
}
