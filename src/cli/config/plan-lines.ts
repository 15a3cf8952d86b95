import { printable } from '../../core/snippet.ts'
import type { Change, Sources } from '../../server/config/snapshot.ts'
import type { Plan } from '../../server/entry.ts'
import { table } from '../format.ts'
import type { Texts } from '../i18n/texts.ts'

/** A line for each changed key: where it stands, from what to what, when it takes effect, and whom it leaves alone. */
export function planLines(plan: Plan, sources: Sources, texts: Texts): string {
  const rows = plan.changes.map((change) => {
    const { file, key, from, to, effect } = change
    const mark = from === undefined ? '+' : to === undefined ? '-' : '~'
    return [
      whereOf(file, sources[`${file}:${key}`]),
      `${mark} ${key}`,
      `${shownValue(from, texts)} -> ${shownValue(to, texts)}`,
      effect,
      noteOf(change, plan.sockets, texts),
    ]
  })
  return table(rows)
    .split('\n')
    .map((line) => (line === '' ? line : ` ${line}`))
    .join('\n')
}

export function planSummary({ hot, new_connections, restart, disconnects }: Plan, { config }: Texts): string {
  return config.plan(hot, new_connections, restart, disconnects)
}

function whereOf(file: string, source: Sources[string] | undefined): string {
  return source?.from === 'file' ? `${file}:${source.line}` : file
}

function shownValue(value: string | undefined, { config }: Texts): string {
  if (value === undefined) return config.none
  return printable(value.replace(/^"([^"\\]*)"$/, '$1'))
}

function noteOf(change: Change, sockets: number, texts: Texts): string {
  const { config } = texts
  if (change.scope === 'node') return config.ownDisk
  if (change.effect === 'restart') return config.notYet
  if (change.effect === 'hot') return ''
  const count = sockets.toLocaleString('en-US')
  return change.from === undefined
    ? config.keepNone(count)
    : config.keeps(count, shownValue(change.from, texts))
}
