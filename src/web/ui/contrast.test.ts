import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const css = readFileSync(new URL('./base.css', import.meta.url), 'utf8')
const darkStart = css.indexOf('@media (prefers-color-scheme: dark)')
const light = tokens(css.slice(0, darkStart))
const dark = new Map([...light, ...tokens(css.slice(darkStart))])

/** Text colour on the surface it is used on. */
const pairs = [
  ['--ink', '--bg'],
  ['--ink', '--surface'],
  ['--ink', '--surface-2'],
  ['--ink', '--accent-soft'],
  ['--ink', '--note-soft'],
  ['--ink-2', '--bg'],
  ['--ink-2', '--surface'],
  ['--ink-3', '--bg'],
  ['--ink-3', '--surface'],
  ['--accent-ink', '--accent'],
  ['--accent-text', '--surface'],
  ['--accent-text', '--surface-2'],
  ['--accent-text', '--accent-soft'],
  ['--danger', '--bg'],
  ['--danger', '--surface'],
  ['--warn', '--bg'],
  ['--warn', '--warn-soft'],
] as const

describe('text can be read on its surface: at least 4.5 to 1 (WCAG 2.2, 1.4.3)', () => {
  test.each(pairs)('%s on %s, light and dark', (text, surface) => {
    for (const scheme of [light, dark]) {
      expect(contrast(scheme.get(text) ?? '', scheme.get(surface) ?? '')).toBeGreaterThanOrEqual(4.5)
    }
  })
})

function tokens(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1] ?? '', match[2] ?? '']),
  )
}

function contrast(a: string, b: string): number {
  const [dim = 0, bright = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return (bright + 0.05) / (dim + 0.05)
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
