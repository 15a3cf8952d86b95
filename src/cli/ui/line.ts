/** One line of a live view; `tone` is its colour where there is one. */
export type Line = { readonly text: string; readonly tone: 'plain' | 'strong' | 'dim' | 'good' | 'bad' }

/** What ink makes of a tone. */
export function look(tone: Line['tone']): {
  readonly color?: string
  readonly bold?: boolean
  readonly dimColor?: boolean
} {
  if (tone === 'strong') return { bold: true }
  if (tone === 'dim') return { dimColor: true }
  if (tone === 'good') return { color: 'green' }
  return tone === 'bad' ? { color: 'red' } : {}
}
