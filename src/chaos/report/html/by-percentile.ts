import { milliseconds } from '../numbers.ts'
import type { Curve } from '../read.ts'
import { type Markup, markup } from './markup.ts'
import { logarithmic, percentiles } from './scale.ts'
import { columns, drawing, legend, line, type Point, rows, type Size } from './svg.ts'
import { axisMs } from './texts.ts'
import type { PageWords } from './words.ts'

export type DrawnCurve = Curve & { readonly look: string }

/** Latency over the share of messages that were at least as fast; both axes logarithmic. */
export function byPercentile(title: string, curves: readonly DrawnCurve[], words: PageWords): Markup {
  const drawn = curves.filter(({ points }) => points.length > 1)
  if (drawn.length === 0) return markup``
  return markup`<figure><figcaption><strong>${title}</strong>${legend(
    drawn.map(({ look, name, points }) => ({
      look,
      text: `${name} (${words.highest} ${milliseconds(points.at(-1)?.ms ?? null)})`,
    })),
  )}</figcaption>${drawing(title, (size) => draw(drawn, words, size))}</figure>`
}

function draw(curves: readonly DrawnCurve[], words: PageWords, size: Size) {
  const area = { left: 62, right: size.width - 14, top: 22, bottom: size.name === 'wide' ? 272 : 222 }
  const points = curves.flatMap((curve) => curve.points)
  const values = points.map(({ ms }) => ms)
  const across = percentiles(Math.max(...points.map(({ quantile }) => quantile)), [area.left, area.right])
  const up = logarithmic(Math.max(0.01, Math.min(...values)), Math.max(...values), [area.bottom, area.top])
  const content = markup`${rows(area, up, axisMs, 'ms')}${columns(area, across, percent, true)}${curves.map(
    (curve) =>
      line(
        curve.points.map(({ quantile, ms }): Point => [across.at(quantile), up.at(ms)]),
        curve.look,
      ),
  )}<text x="${area.right}" y="${area.bottom + 36}" text-anchor="end">${words.percentile}</text>`
  return { height: area.bottom + 42, content }
}

// `99.9 %`: the digits the tick is made of, not those of its product.
function percent(quantile: number): string {
  return `${Number((quantile * 100).toFixed(6))}%`
}
