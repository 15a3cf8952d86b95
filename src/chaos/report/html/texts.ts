import { type Markup, markup } from './markup.ts'

/** A tick of a latency axis: `0.5`, `20`, `5 s`. */
export function axisMs(ms: number): string {
  return ms >= 1_000 ? `${Number((ms / 1000).toPrecision(3))} s` : String(Number(ms.toPrecision(3)))
}

/** A table that may be wider than the screen: scrolled by touch, by wheel, and with the keyboard. */
export function scrolling(table: Markup, label: string): Markup {
  return markup`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${table}</div>`
}

/** `unseen` captions are for those who hear the page: a heading above says the same. */
export function table(
  caption: string,
  titles: readonly Markup[],
  body: readonly Markup[],
  look: 'seen' | 'unseen' = 'unseen',
): Markup {
  return scrolling(
    markup`<table><caption${look === 'unseen' && markup` class="unseen"`}>${caption}</caption><thead><tr>${titles}</tr></thead><tbody>${body}</tbody></table>`,
    caption,
  )
}

export function titlesOf(texts: readonly string[]): readonly Markup[] {
  return texts.map((text) => markup`<th scope="col">${text}</th>`)
}
