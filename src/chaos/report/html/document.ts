import { createHash } from 'node:crypto'
import { type Markup, markup } from './markup.ts'
import { style } from './style.ts'

/** A whole page that fetches nothing and runs nothing: its policy admits the style that stands in it. `more`: style of its own. */
export function document(title: string, language: string, body: Markup, more = ''): string {
  const whole = style + more
  const hash = createHash('sha256').update(whole).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
  const head = markup`<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>`
  return `<!doctype html>\n<html lang="${language}">\n<head>\n${head.markup}\n<style>${whole}</style>\n</head>\n<body>\n${body.markup}\n</body>\n</html>\n`
}
