import { type Content, type Markup, markup } from './markup.ts'
import type { Scale } from './scale.ts'

/** Two drawings of every plot: style shows one of them, so that text is as large on a phone as on a desk. */
export type Size = { readonly name: 'wide' | 'narrow'; readonly width: number; readonly ticks: number }

export const sizes: readonly Size[] = [
  { name: 'wide', width: 992, ticks: 12 },
  { name: 'narrow', width: 343, ticks: 5 },
]

/** Where a panel's plot area lies in its drawing. */
export type Area = {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** Both sizes of a drawing. `label` is what a screen reader says of it. */
export function drawing(
  label: string,
  draw: (size: Size) => { readonly height: number; readonly content: Content },
): Markup {
  return markup`${sizes.map((size) => {
    const { height, content } = draw(size)
    return markup`<svg class="plot ${size.name}" viewBox="0 0 ${size.width} ${height}" role="img" aria-label="${label}">${content}</svg>`
  })}`
}

/** Horizontal grid lines with their labels on the left, a text of the panel above. */
export function rows(area: Area, scale: Scale, label: (value: number) => string, title: string): Markup {
  return markup`<text class="panel" x="${area.left}" y="${px(area.top - 8)}">${title}</text>${scale.ticks.map(
    (tick) => {
      const y = px(scale.at(tick))
      return markup`<line class="grid" x1="${area.left}" x2="${area.right}" y1="${y}" y2="${y}"/><text x="${area.left - 8}" y="${px(scale.at(tick) + 4)}" text-anchor="end">${label(tick)}</text>`
    },
  )}`
}

/** Labels below the area; `lines` also draws the grid up through it. */
export function columns(area: Area, scale: Scale, label: (value: number) => string, lines: boolean): Markup {
  let written = Number.NEGATIVE_INFINITY
  const ticks = scale.ticks.map((tick) => {
    const x = px(scale.at(tick))
    const half = (label(tick).length * characterWidth) / 2
    const apart = x - half >= written
    if (apart) written = x + half + characterWidth / 2
    return markup`${lines && markup`<line class="grid" x1="${x}" x2="${x}" y1="${area.top}" y2="${area.bottom}"/>`}<line class="axis" x1="${x}" x2="${x}" y1="${area.bottom}" y2="${area.bottom + 4}"/>${apart && markup`<text x="${x}" y="${area.bottom + 18}" text-anchor="middle">${label(tick)}</text>`}`
  })
  return markup`<line class="axis" x1="${area.left}" x2="${area.right}" y1="${area.bottom}" y2="${area.bottom}"/>${ticks}`
}

/** Of the labels' font, about: labels that would run together are left out. */
const characterWidth = 7.5

export type Point = readonly [x: number, y: number]

/** A line through the points, broken where there is none. A point alone is a dot. */
export function line(points: readonly (Point | null)[], look: string): Markup {
  const parts = runs(points).map((run) => {
    const path = run.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${px(x)} ${px(y)}`).join('')
    return run.length === 1 ? `${path}h0.01` : path
  })
  return markup`<path class="line ${look}" d="${parts.join('')}"/>`
}

/** The area between two lines, where both are. */
export function band(
  upper: readonly (Point | null)[],
  lower: readonly (Point | null)[],
  look: string,
): Markup {
  const both = upper.map((point, i) => {
    const below = lower[i] ?? null
    return point === null || below === null ? null : ([point, below] as const)
  })
  const parts = runs(both).map((run) => {
    const there = run.map(([[x, y]], i) => `${i === 0 ? 'M' : 'L'}${px(x)} ${px(y)}`)
    const back = run.toReversed().map(([, [x, y]]) => `L${px(x)} ${px(y)}`)
    return `${there.join('')}${back.join('')}Z`
  })
  return markup`<path class="${look}" d="${parts.join('')}"/>`
}

/** One bar from the area's floor; never lower than 2 px, so that one error in thousands is seen. */
export function bar(area: Area, x: number, width: number, height: number, look: string): Markup {
  const tall = Math.max(2, height)
  return markup`<rect class="${look}" x="${px(x - width / 2)}" y="${px(area.bottom - tall)}" width="${px(width)}" height="${px(tall)}"/>`
}

/** The sample of a line beside its name. */
export function legend(entries: readonly { readonly look: string; readonly text: string }[]): Markup {
  return markup`<ul class="legend">${entries.map(
    ({ look, text }) =>
      markup`<li><svg viewBox="0 0 24 10" aria-hidden="true">${
        look === 'error' || look === 'mark'
          ? markup`<rect class="${look}" x="8" y="1" width="6" height="8"/>`
          : markup`<path class="line ${look}" d="M1 5H23"/>`
      }</svg>${text}</li>`,
  )}</ul>`
}

/** A coordinate: a tenth of a pixel is enough, and keeps the page small. */
export function px(value: number): number {
  return Math.round(value * 10) / 10
}

function runs<T>(points: readonly (T | null)[]): readonly (readonly T[])[] {
  const all: T[][] = []
  let open = false
  for (const point of points) {
    if (point === null) open = false
    else if (open) all.at(-1)?.push(point)
    else {
      all.push([point])
      open = true
    }
  }
  return all
}
