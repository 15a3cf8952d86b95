import type { HistoryEntry } from './history.ts'

/** What is wrong with a line of a history, or undefined. Fields that are not known are let through: histories may grow. */
export function complaintOf(value: unknown): string | undefined {
  if (!isRecord(value)) return 'is not an object'
  const fields = shapes.get(value['e'])
  if (fields === undefined) return `"e" is ${said(value['e'])}, which is no kind of entry`
  for (const { name, is, needed, what } of fields) {
    const given = value[name]
    if (given === undefined ? needed : !is(given))
      return given === undefined ? `"${name}" is missing` : `"${name}" is ${said(given)}, not ${what}`
  }
  return undefined
}

type Check = { readonly is: (value: unknown) => boolean; readonly what: string }
type Field = Check & { readonly name: string; readonly needed: boolean }
type Kind = HistoryEntry['e']

const text: Check = { is: (value) => typeof value === 'string', what: 'a text' }
const flag: Check = { is: (value) => typeof value === 'boolean', what: 'true or false' }
const number: Check = { is: (value) => Number.isFinite(value), what: 'a number' }
const whole: Check = {
  is: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  what: 'a whole number from 0',
}
const seq: Check = {
  is: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
  what: 'a whole number from 1',
}
const oneOf = (...words: readonly string[]): Check => {
  const known = new Set<unknown>(words)
  return { is: (value) => known.has(value), what: `one of ${words.join(', ')}` }
}
const stream = oneOf('public', 'internal')
const seqs: Check = {
  is: (value) => isRecord(value) && Object.values(value).every(whole.is),
  what: 'seqs by stream',
}
const textOrNull: Check = {
  is: (value) => value === null || typeof value === 'string',
  what: 'a text or null',
}
const eventFields = {
  'kind!': oneOf('assigned', 'transferred', 'released', 'closed', 'retracted'),
  epoch: whole,
  owner: text,
  load: whole,
  capacity: whole,
  agentVersion: whole,
  seq,
}
const event = nested(eventFields)
const you = nested({ 'role!': oneOf('visitor', 'agent'), 'id!': text })

/** `!` marks what must be there. */
const placed = {
  'conversation!': text,
  'stream!': stream,
  'seq!': seq,
  'id!': text,
  'from!': text,
  'role!': oneOf('visitor', 'agent', 'system'),
  'hash!': number,
  event,
  retracted: flag,
}
const link = { 'conn!': whole, code: whole, resumed: flag, incarnation: text, you, after: seqs }
const fault = { 'n!': whole, 'fault!': text, 'on!': text, why: text, storeCannotCommit: flag }
const shapes: ReadonlyMap<unknown, readonly Field[]> = new Map<unknown, readonly Field[]>(
  Object.entries({
    invoke: {
      'id!': text,
      'conn!': whole,
      'hash!': number,
      conversation: text,
      'stream!': stream,
      epoch: whole,
      command: oneOf('accept', 'transfer', 'release', 'close', 'retract'),
    },
    ok: { 'id!': text, 'conversation!': text, 'stream!': stream, 'seq!': seq },
    fail: { 'id!': text, 'code!': text },
    info: { 'id!': text, 'why!': oneOf('timeout', 'refused', 'lost', 'retry'), code: text, conn: whole },
    seen: placed,
    reset: { 'conversation!': text },
    up: link,
    down: link,
    desk: { 'agent!': text, 'capacity!': whole, 'version!': whole },
    read: placed,
    'read-end': {
      'conversation!': text,
      'stream!': stream,
      'head!': whole,
      owner: textOrNull,
      state: oneOf('queued', 'assigned', 'closed'),
    },
    inject: fault,
    verified: fault,
    unverified: fault,
    healing: fault,
    healed: fault,
    'heal-failed': fault,
    phase: {
      'phase!': oneOf('warmup', 'baseline', 'fault', 'calm', 'recovery', 'drain', 'read-back', 'end'),
    },
    sample: { 'rssBytes!': whole, 'connections!': whole, outboxBytes: whole, queued: whole },
  } satisfies Record<Kind, Readonly<Record<string, Check>>>).map(([kind, fields]) => [
    kind,
    fieldsOf({ 't!': number, 'p!': text, ...fields }),
  ]),
)

function fieldsOf(checks: Readonly<Record<string, Check>>): readonly Field[] {
  return Object.entries(checks).map(([key, check]) => ({
    ...check,
    name: key.replace('!', ''),
    needed: key.endsWith('!'),
  }))
}

function nested(checks: Readonly<Record<string, Check>>): Check {
  const fields = fieldsOf(checks)
  return {
    is: (value) =>
      isRecord(value) &&
      fields.every(({ name, is, needed }) => (value[name] === undefined ? !needed : is(value[name]))),
    what: `an object of ${fields.map(({ name }) => name).join(', ')}`,
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function said(value: unknown): string {
  return JSON.stringify(value) ?? 'missing'
}
