import { z } from 'zod'
import { durationMs } from '../yaml/units.ts'
import { duration, list, say, text, whole } from '../yaml/values.ts'
import type { Range } from './experiment.ts'

/** The keys that every fault has. All other keys of an entry are the fault's own, and its kind's schema checks them. */

const hour = 3_600_000
export const longest = 24 * hour

const keysNeeded = say('keys with values are needed', '需要由键和值组成')

/** `20s`, or `random(10s, 20s)`: any instant between the two, drawn from the seed. */
export function rangeOf(text: string): Range | undefined {
  const match = /^random\(\s*([^\s,]+)\s*,\s*([^\s,]+)\s*\)$/.exec(text)
  const fromMs = durationMs(match?.[1] ?? text)
  const toMs = durationMs(match?.[2] ?? text)
  if (fromMs === undefined || toMs === undefined || fromMs > toMs) return undefined
  return { fromMs, toMs }
}

function range(minMs: number) {
  const needed = say(
    'a time up to 24h is needed, such as 20s, or random(10s, 20s) with the earlier one first',
    '需要不超过 24h 的时间，例如 20s，或 random(10s, 20s)，较早者在前',
  )
  return z.string({ error: needed }).refine(
    (text) => {
      const read = rangeOf(text)
      return read !== undefined && read.fromMs >= minMs && read.toMs <= longest
    },
    { error: needed },
  )
}

const fault = text(40).meta({ description: 'What happens: one of `kf chaos list`.' })
const on = text(100)
  .meta({ description: 'What it is aimed at. Not needed where there is one such thing.' })
  .optional()

const actionShape = {
  at: range(0).meta({
    description: 'When it begins, such as `20s`, or `random(10s, 20s)` for an instant that the seed draws.',
  }),
  fault,
  on,
  for: duration(100, longest)
    .meta({ description: 'How long it lasts. Faults that are over by themselves have none.' })
    .optional(),
  repeat: z
    .strictObject(
      {
        every: duration(100, longest).meta({ description: 'From one beginning to the next.' }),
        times: whole(1, 1_000).meta({ description: 'How often in all.' }),
      },
      { error: keysNeeded },
    )
    .meta({ description: 'Does it again, such as `{ every: 10s, times: 3 }`.' })
    .optional(),
} as const

export const actionSchema = z.looseObject(actionShape, { error: keysNeeded })
export const actionKeys: readonly string[] = Object.keys(actionShape)

const choiceShape = {
  fault,
  on,
  for: range(100)
    .meta({
      description:
        'How long it lasts, such as `random(2s, 6s)`. Faults that are over by themselves have none.',
    })
    .optional(),
} as const

export const choiceSchema = z.looseObject(choiceShape, { error: keysNeeded })
export const choiceKeys: readonly string[] = Object.keys(choiceShape)

export const randomSchema = z.strictObject(
  {
    from: duration(0, longest).meta({ description: 'When the first may begin. 10s by default.' }).optional(),
    for: duration(1_000, longest).meta({
      description: 'No fault begins later than so long after the first.',
    }),
    every: range(100).meta({ description: 'From one beginning to the next, such as `random(3s, 8s)`.' }),
    faults: list(choiceSchema, 50).meta({ description: 'What is drawn from, each as likely as the others.' }),
  },
  { error: keysNeeded },
)

/** An entry of `method` or `random.faults` without the keys that every fault has: its own. */
export function ownKeys(
  entry: Readonly<Record<string, unknown>>,
  common: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !common.includes(key)))
}
