import { isRecord, valueAt } from '../yaml/paths.ts'
import { durationMs } from '../yaml/units.ts'
import type { Path } from '../yaml/yaml-text.ts'
import type { Range } from './experiment.ts'
import { byDefault, type Entry } from './load-facts.ts'
import { rangeOf } from './schema-method.ts'

/** When a fault may hold at most: the earliest beginning to the latest end, ms. */
export type Window = { readonly fromMs: number; readonly toMs: number; readonly entry: Entry }

/** All windows of an entry of `method`, one for each repetition; none where its times cannot be read. */
export function windowsOf(entry: Entry): readonly Window[] {
  const at = rangeAt(entry.value, ['at'])
  if (entry.drawn || at === undefined) return []
  const { everyMs, times } = repeatOf(entry)
  const lasts = rangeAt(entry.value, ['for'])?.toMs ?? entry.kind?.showsWithinMs ?? 0
  return Array.from({ length: Math.min(times, 1_000) }, (_, i) => ({
    fromMs: at.fromMs + i * everyMs,
    toMs: at.toMs + i * everyMs + lasts,
    entry,
  }))
}

/** How often in all, and from one beginning to the next. */
export function repeatOf({ value }: Entry): { readonly everyMs: number; readonly times: number } {
  const times = valueAt(value, ['repeat', 'times'])
  return {
    everyMs: timeAt(value, ['repeat', 'every']) ?? 0,
    times: typeof times === 'number' && times >= 1 ? Math.floor(times) : 1,
  }
}

/** From the first fault to the end of the last at most; undefined where there is none that can be read. */
export function faultSpan(value: unknown, entries: readonly Entry[]): Range | undefined {
  const windows: Range[] = entries.flatMap(windowsOf)
  const drawn = entries.filter((entry) => entry.drawn)
  const random = isRecord(value) ? value['random'] : undefined
  const forMs = timeAt(random, ['for'])
  if (drawn.length > 0 && forMs !== undefined) {
    const fromMs = timeAt(random, ['from']) ?? byDefault.randomFromMs
    const longest = Math.max(
      ...drawn.map((entry) => rangeAt(entry.value, ['for'])?.toMs ?? entry.kind?.showsWithinMs ?? 0),
    )
    windows.push({ fromMs, toMs: fromMs + forMs + longest })
  }
  if (windows.length === 0) return undefined
  return {
    fromMs: Math.min(...windows.map((window) => window.fromMs)),
    toMs: Math.max(...windows.map((window) => window.toMs)),
  }
}

export function timeAt(value: unknown, path: Path): number | undefined {
  const found = valueAt(value, path)
  return typeof found === 'string' ? durationMs(found) : undefined
}

export function rangeAt(value: unknown, path: Path): Range | undefined {
  const found = valueAt(value, path)
  return typeof found === 'string' ? rangeOf(found) : undefined
}
