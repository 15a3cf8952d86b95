export type TextPart = { readonly text: string; readonly href?: string }

/**
 * Cuts a text into plain parts and links. A link ends at white space, quotes, angle brackets and at every character from
 * U+2E80 on: Chinese puts no space after an address, and its punctuation （，。 is no part of one.
 * Only http and https become links, whatever the text says.
 */
export function splitLinks(text: string): readonly TextPart[] {
  const parts: TextPart[] = []
  let done = 0
  for (const match of text.matchAll(candidate)) {
    const link = trimEnd(match[0])
    const href = hrefOf(link)
    if (href === undefined) continue
    if (match.index > done) parts.push({ text: text.slice(done, match.index) })
    parts.push({ text: link, href })
    done = match.index + link.length
  }
  if (done < text.length) parts.push({ text: text.slice(done) })
  return parts
}

const candidate = /(?<![a-z0-9@._-])(?:https?:\/\/|www\.)[^\s"'<>`\u2018-\u201f\u2026\u2e80-\uffff]+/gi
const closers: ReadonlyMap<string, string> = new Map([
  [')', '('],
  [']', '['],
  ['}', '{'],
])

// A sentence's own punctuation, and a bracket that was opened before the link, stay outside.
function trimEnd(link: string): string {
  let end = link.length
  for (; end > 0; end--) {
    const last = link[end - 1] ?? ''
    const opener = closers.get(last)
    if (opener !== undefined) {
      const kept = link.slice(0, end)
      if (kept.split(opener).length >= kept.split(last).length) break
    } else if (!'.,;:!?*_~|'.includes(last)) break
  }
  return link.slice(0, end)
}

function hrefOf(link: string): string | undefined {
  const address = /^www\./i.test(link) ? `https://${link}` : link
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  return url.hostname.includes('.') || url.hostname === 'localhost' || url.hostname.startsWith('[')
    ? url.href
    : undefined
}
