import { milliseconds, whole } from '../numbers.ts'
import type { Series, SeriesSecond } from '../series.ts'
import { coarser } from './coarser.ts'
import { type Markup, markup } from './markup.ts'
import { linear, logarithmic, type Scale, seconds } from './scale.ts'
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
} from './svg.ts'
import { axisMs, scrolling } from './texts.ts'
import type { PageWords } from './words.ts'

/** Response time, messages and connections of one row, second by second, on one axis of time; the same as a table below. */
export function overTime(recorded: Series, asked: number, words: PageWords, heading: string): Markup {
  const { series, step } = coarser(recorded)
  const { seconds: all } = series
  const errors = all.reduce((sum, one) => sum + one.errors, 0)
  const reconnects = all.reduce((sum, one) => sum + one.reconnects, 0)
  return markup`<figure><figcaption><strong>${words.overTime}</strong>${legend([
    { look: 'a', text: 'p50' },
    { look: 'b', text: 'p99' },
    { look: 'c thin', text: words.sent },
    { look: 'ref thin', text: words.acked },
    { look: 'error', text: `${words.errors} ${whole(errors)}` },
    ...(reconnects > 0 ? [{ look: 'mark', text: `${words.reconnects} ${whole(reconnects)}` }] : []),
  ])}</figcaption>${drawing(`${heading}: ${words.overTime}`, (size) => draw(series, asked, words, size))}<p class="note">${words.overTimeNote}${step > 1 && `; ${words.coarse(step)}`}</p></figure>
<details><summary>${words.secondsTable}</summary>${secondsTable(all, words, heading)}</details>`
}

const gapBetween = 30

function draw(series: Series, asked: number, words: PageWords, size: Size) {
  const { seconds: all } = series
  const first = all[0]?.second ?? 0
  const last = (all.at(-1)?.second ?? 0) + 1
  const left = 62
  const right = size.width - 18
  const latency = { left, right, top: 22, bottom: size.name === 'wide' ? 232 : 182 }
  const rate = { left, right, top: latency.bottom + gapBetween, bottom: latency.bottom + gapBetween + 76 }
  const heads = { left, right, top: rate.bottom + gapBetween, bottom: rate.bottom + gapBetween + 52 }
  const hasMemory = all.some(({ server_rss_bytes }) => server_rss_bytes !== undefined)
  const memory = { left, right, top: heads.bottom + gapBetween, bottom: heads.bottom + gapBetween + 52 }
  const lowest = hasMemory ? memory : heads
  const time = seconds(first, last, [left, right], size.ticks)
  const shades = [
    { from: first, to: series.measured_from_s, text: words.warmUp },
    { from: series.measured_to_s, to: last, text: words.lateAcks },
  ].filter(({ from, to }) => to > from)
  const content = markup`${shades.map(
    ({ from, to }) =>
      markup`<rect class="shade" x="${px(time.at(from))}" y="${latency.top}" width="${px(time.at(to) - time.at(from))}" height="${lowest.bottom - latency.top}"/>`,
  )}${latencyPanel(all, latency, time, `${words.overTime}, ms`)}${ratePanel(all, rate, time, words)}${headsPanel(all, heads, time, asked, words)}${hasMemory && memoryPanel(all, memory, time, words)}${shades.map(
    ({ from, to, text }) =>
      size.name === 'wide' &&
      time.at(to) - time.at(from) > 50 &&
      markup`<text x="${px(time.at(from) + 5)}" y="${latency.top + 14}">${text}</text>`,
  )}${columns(lowest, time, (second) => `${second} s`, false)}`
  return { height: lowest.bottom + 26, content }
}

function latencyPanel(all: readonly SeriesSecond[], area: Area, time: Scale, title: string): Markup {
  const values = all.flatMap(({ p50_ms, p99_ms }) => [p50_ms, p99_ms]).filter((value) => value !== null)
  const scale = logarithmic(Math.max(0.05, Math.min(1, ...values)), Math.max(1, ...values), [
    area.bottom,
    area.top,
  ])
  const through = (field: 'p50_ms' | 'p99_ms'): readonly (Point | null)[] =>
    all.map((one) => {
      const value = one[field]
      return value === null ? null : [time.at(one.second + 0.5), scale.at(value)]
    })
  const [p50, p99] = [through('p50_ms'), through('p99_ms')]
  return markup`${rows(area, scale, axisMs, title)}${band(p99, p50, 'band')}${line(p50, 'a')}${line(p99, 'b')}`
}

function ratePanel(all: readonly SeriesSecond[], area: Area, time: Scale, words: PageWords): Markup {
  const top = Math.max(1, ...all.map((one) => Math.max(one.sent, one.acked, one.errors)))
  const scale = linear(top, [area.bottom, area.top], 2)
  const through = (field: 'sent' | 'acked'): readonly Point[] =>
    all.map((one) => [time.at(one.second + 0.5), scale.at(one[field])])
  return markup`${rows(area, scale, whole, words.rates)}${line(through('acked'), 'ref thin')}${line(through('sent'), 'c thin')}${all.map(
    (one) =>
      one.errors > 0 &&
      bar(area, time.at(one.second + 0.5), barWidth(time), area.bottom - scale.at(one.errors), 'error'),
  )}`
}

function headsPanel(
  all: readonly SeriesSecond[],
  area: Area,
  time: Scale,
  asked: number,
  words: PageWords,
): Markup {
  const scale = linear(Math.max(asked, ...all.map((one) => one.connected)), [area.bottom, area.top], 1)
  const points = all.map((one): Point => [time.at(one.second + 0.5), scale.at(one.connected)])
  const floor = all.map((one): Point => [time.at(one.second + 0.5), area.bottom])
  const most = Math.max(1, ...all.map((one) => one.reconnects))
  return markup`${rows(area, scale, whole, words.connections)}${band(points, floor, 'band')}${line(points, 'a thin')}${all.map(
    (one) =>
      one.reconnects > 0 &&
      bar(
        area,
        time.at(one.second + 0.5),
        barWidth(time),
        (one.reconnects / most) * (area.bottom - area.top) * 0.6,
        'mark',
      ),
  )}`
}

function memoryPanel(all: readonly SeriesSecond[], area: Area, time: Scale, words: PageWords): Markup {
  const mebibytes = all.map(({ server_rss_bytes: bytes }) =>
    bytes === undefined ? null : bytes / 1024 / 1024,
  )
  const scale = linear(Math.max(1, ...mebibytes.map((value) => value ?? 0)), [area.bottom, area.top], 1)
  const points = all.map((one, place): Point | null => {
    const value = mebibytes[place] ?? null
    return value === null ? null : [time.at(one.second + 0.5), scale.at(value)]
  })
  return markup`${rows(area, scale, whole, words.memory)}${line(points, 'b thin')}`
}

function barWidth(time: Scale): number {
  return Math.min(10, Math.max(1.2, (time.at(1) - time.at(0)) * 0.6))
}

function secondsTable(all: readonly SeriesSecond[], words: PageWords, heading: string): Markup {
  const titles = [
    words.second,
    words.sent,
    words.acked,
    words.errors,
    'p50',
    'p95',
    'p99',
    words.delivered,
    words.connected,
    words.reconnects,
  ]
  const table = markup`<table><caption>${heading}: ${words.overTime}</caption><thead><tr>${titles.map(
    (title) => markup`<th scope="col">${title}</th>`,
  )}</tr></thead><tbody>${all.map(
    (one) =>
      markup`<tr><th scope="row">${one.second}</th><td>${whole(one.sent)}</td><td>${whole(one.acked)}</td><td>${whole(one.errors)}</td><td>${milliseconds(one.p50_ms)}</td><td>${milliseconds(one.p95_ms)}</td><td>${milliseconds(one.p99_ms)}</td><td>${milliseconds(one.delivered_p99_ms)}</td><td>${whole(one.connected)}</td><td>${whole(one.reconnects)}</td></tr>`,
  )}</tbody></table>`
  return scrolling(table, `${heading}: ${words.overTime}`)
}
