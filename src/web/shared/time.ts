import type { Language } from './i18n.ts'

export const separatorGapMs = 5 * 60_000

/** A message that comes more than five minutes after the one above it, or on another day, is dated by a line of its own. */
export function needsSeparator(previousAt: number | undefined, at: number, timeZone?: string): boolean {
  if (previousAt === undefined) return true
  return at - previousAt > separatorGapMs || dayOf(at, timeZone) !== dayOf(previousAt, timeZone)
}

/** `14:05`, `昨天 14:05`, `11月3日 14:05`, `2025年11月3日 14:05`, by the reader's own clock and zone. */
export function dateText(at: number, now: number, language: Language, timeZone?: string): string {
  const time = timeText(at, language, timeZone)
  const today = dayOf(now, timeZone)
  const day = dayOf(at, timeZone)
  if (day === today) return time
  if (day === today - 1) return language === 'zh-CN' ? `昨天 ${time}` : `Yesterday ${time}`
  const sameYear = yearOf(at, timeZone) === yearOf(now, timeZone)
  const date = formatter(language, sameYear ? 'date' : 'dateWithYear', timeZone).format(at)
  return language === 'zh-CN' ? `${date} ${time}` : `${date}, ${time}`
}

/** Hours and minutes, 24 hours. */
export function timeText(at: number, language: Language, timeZone?: string): string {
  return formatter(language, 'time', timeZone).format(at)
}

/** A waiting clock: `0:07`, `12:30`, `1:02:03`. Never negative: the two clocks may disagree. */
export function clockText(elapsedMs: number): string {
  const seconds = Math.max(0, Math.floor(elapsedMs / 1000))
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  const tail = String(seconds % 60).padStart(2, '0')
  return hours > 0
    ? `${String(hours)}:${String(minutes).padStart(2, '0')}:${tail}`
    : `${String(minutes)}:${tail}`
}

const shapes = {
  time: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  date: { month: 'short', day: 'numeric' },
  dateWithYear: { year: 'numeric', month: 'short', day: 'numeric' },
  parts: { year: 'numeric', month: '2-digit', day: '2-digit' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>

// Making a formatter costs far more than using it, and a thread asks for one per message.
const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(
  locale: string,
  shape: keyof typeof shapes,
  timeZone: string | undefined,
): Intl.DateTimeFormat {
  const key = `${locale} ${shape} ${timeZone ?? ''}`
  const known = formatters.get(key)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat(locale, {
    ...shapes[shape],
    ...(timeZone === undefined ? {} : { timeZone }),
  })
  formatters.set(key, made)
  return made
}

/** Days since the epoch of the calendar day that `at` falls on in the zone. */
function dayOf(at: number, timeZone: string | undefined): number {
  return Math.round(Date.parse(`${formatter('sv-SE', 'parts', timeZone).format(at)}T00:00:00Z`) / 86_400_000)
}

function yearOf(at: number, timeZone: string | undefined): string {
  return formatter('sv-SE', 'parts', timeZone).format(at).slice(0, 4)
}
