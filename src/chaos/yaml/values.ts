import { z } from 'zod'
import type { Said } from './problem.ts'
import {
  boundOf,
  boundPattern,
  durationMs,
  durationPattern,
  durationText,
  type LimitUnit,
  limitOf,
  shareOf,
  sharePattern,
  sizeBytes,
  sizePattern,
  sizeText,
} from './units.ts'

/**
 * The kinds of values of a scenario file. Every check says what is needed in both languages: zod's message is the English
 * sentence, `saidOf` finds the pair.
 */

const sentences = new Map<string, Said>()

/** The pair of an English sentence of the schema. */
export function saidOf(english: string): Said | undefined {
  return sentences.get(english)
}

export function say(en: string, zh: string): string {
  sentences.set(en, { en, zh })
  return en
}

export function whole(min: number, max: number) {
  const needed = say(`a whole number from ${min} to ${max} is needed`, `需要 ${min} 到 ${max} 的整数`)
  return z.int({ error: needed }).min(min, { error: needed }).max(max, { error: needed })
}

export function number(min: number, max: number) {
  const needed = say(`a number from ${min} to ${max} is needed`, `需要 ${min} 到 ${max} 的数字`)
  return z.number({ error: needed }).min(min, { error: needed }).max(max, { error: needed })
}

export function duration(minMs: number, maxMs: number) {
  const [min, max] = [durationText(minMs), durationText(maxMs)]
  const needed = say(
    `a time from ${min} to ${max} is needed, such as 250ms, 5s or 2m`,
    `需要 ${min} 到 ${max} 的时间，例如 250ms、5s、2m`,
  )
  return z
    .string({ error: needed })
    .regex(durationPattern, { error: needed, abort: true })
    .refine((text) => inside(durationMs(text), minMs, maxMs), { error: needed })
}

export function share() {
  const needed = say('a share from 0% to 100% is needed, such as 20%', '需要 0% 到 100% 的比例，例如 20%')
  return z
    .string({ error: needed })
    .regex(sharePattern, { error: needed, abort: true })
    .refine((text) => inside(shareOf(text), 0, 1), { error: needed })
}

/** The same, read as ms; for what goes through no other step. A default is written as text: `.prefault('250ms')`. */
export function milliseconds(minMs: number, maxMs: number) {
  return duration(minMs, maxMs).transform((text) => durationMs(text) ?? 0)
}

/** A share, read as 0 … 1. */
export function fraction() {
  return share().transform((text) => shareOf(text) ?? 0)
}

/** `64KiB`, `200MiB`, `512B`. */
export function size(minBytes: number, maxBytes: number) {
  const [min, max] = [sizeText(minBytes), sizeText(maxBytes)]
  const needed = say(
    `a size from ${min} to ${max} is needed, such as 64KiB or 200MiB`,
    `需要 ${min} 到 ${max} 的大小，例如 64KiB、200MiB`,
  )
  return z
    .string({ error: needed })
    .regex(sizePattern, { error: needed, abort: true })
    .refine((text) => inside(sizeBytes(text), minBytes, maxBytes), { error: needed })
}

/** A size, read as bytes. */
export function bytes(minBytes: number, maxBytes: number) {
  return size(minBytes, maxBytes).transform((text) => sizeBytes(text) ?? 0)
}

const limitExamples: Readonly<Record<LimitUnit, string>> = {
  share: '<= 5%',
  time: '<= 200ms',
  size: '<= 512MiB',
  number: '>= 100',
}

/** A bound in either direction; `limitOf` reads it. */
export function limit(unit: LimitUnit) {
  const example = limitExamples[unit]
  const needed = say(`a bound is needed, such as "${example}"`, `需要界限，例如 "${example}"`)
  return z.string({ error: needed }).refine((text) => limitOf(text, unit) !== undefined, { error: needed })
}

export function atMost(example: string, max: number) {
  const needed = say(`an upper bound is needed, such as "<= ${example}"`, `需要上界，例如 "<= ${example}"`)
  return bound('<=', max, needed)
}

export function bound(op: '<=' | '>=', max: number, needed: string) {
  return z
    .string({ error: needed })
    .regex(boundPattern, { error: needed, abort: true })
    .refine((text) => boundOf(text)?.op === op && inside(boundOf(text)?.value, 0, max), { error: needed })
}

function inside(value: number | undefined, min: number, max: number): boolean {
  return value !== undefined && value >= min && value <= max
}

export function text(maxChars: number) {
  const needed = say(`a text of 1 to ${maxChars} characters is needed`, `需要 1 到 ${maxChars} 个字符的文本`)
  return z.string({ error: needed }).min(1, { error: needed }).max(maxChars, { error: needed })
}

export function oneOf<const Values extends readonly string[]>(values: Values) {
  const list = values.join(', ')
  return z.enum(values, { error: say(`one of ${list} is needed`, `需要 ${list} 之一`) })
}

export function yesNo() {
  return z.boolean({ error: say('true or false is needed', '需要 true 或 false') })
}

export function list<Item extends z.ZodType>(item: Item, max: number) {
  const needed = say(`a list of 1 to ${max} entries is needed`, `需要 1 到 ${max} 项的列表`)
  return z.array(item, { error: needed }).min(1, { error: needed }).max(max, { error: needed })
}
