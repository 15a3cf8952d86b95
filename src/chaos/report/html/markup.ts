/** Text that is markup already. Only `markup` makes it, and `markup` escapes all that it is given. */
export type Markup = { readonly markup: string }

export type Content = Markup | string | number | null | false | readonly Content[]

/** A template of HTML or SVG: what stands between is escaped, for text and for quoted attributes, unless it is `Markup`. */
export function markup(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let out = strings[0] ?? ''
  for (const [i, value] of values.entries()) out += written(value) + (strings[i + 1] ?? '')
  return { markup: out }
}

function written(content: Content): string {
  if (content === null || content === false) return ''
  if (typeof content === 'string') return escaped(content)
  if (typeof content === 'number') return String(content)
  return 'markup' in content ? content.markup : content.map(written).join('')
}

const named: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

// Control characters have no place in a page, and a lone surrogate none in UTF-8.
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[&<>"']/g, (character) => named[character] ?? '')
    .replace(/[^\P{Cc}\n\t]/gu, '\u{fffd}')
}
