/**
 * What the configuration centre says of itself, in English, each sentence once: as an error's message, as a revision's message or why
 * it was refused, and as a reason of readiness. Who shows them in another language finds sentence and values again, in an error's
 * `params`, or in a stored text with `readSentence`: so a translation never depends on what was stored when.
 */
export const sentences = {
  moved: 'revision {live} is live, not the one this change was made from',
  not_live: 'revision {revision} is not live, {live} is',
  undecided: 'nobody changed: the decision was not stored',
  writer_ended: 'nobody changed: the writer ended before the decision was stored',
  waits: 'revision {revision} waits for its confirm',
  not_prepared: 'nobody changed: {reasons}',
  never_live: 'revision {revision} was never live',
  no_revision: 'there is no revision {revision}',
  not_a_revision: '{given} is not the number of a revision',
  too_long: '{field} has {length} characters',
  limit_bounds: 'limit {given} is out of bounds',
  node_starting: 'the node is starting',
  invalid_here: 'revision {revision} is not valid in this version of kf; the files on the disk are taken',
  other_hash: '{process} came to hash {hash}, not {wanted}',

  process_late: 'the {process} did not answer within {ms} ms',
  process_signal: 'the {process} was killed by {signal}',
  process_code: 'the {process} ended with code {code}',
  process_is: 'the {process} is {state}',

  first_start: 'the first start',
  edited: 'the files were edited while kf was down',
  back_to: 'back to revision {revision}',
  taken_back: 'revision {revision} is taken back to {to}: {reason}',
  other_first: 'another revision became live first',
  died: 'kf ended before the decision',
  writer_died: 'the writer ended before the decision was stored',
  not_in_time: 'it was not confirmed in time',
  readiness: 'readiness failed: {reason}',
  restarted: 'a process of the node ended and was started again',
  refused_share: '{share} % of {count} messages were refused (bound {bound} %)',

  draining: 'draining',
  failed_for_good: '{process}: failed for good; restart kf after the cause is gone',
  silent: '{process}: silent for {seconds} s',
  other_revision: '{process}: has another revision of the configuration than the live one',
  state: '{process}: {state}',

  see_diff: 'see what changed with `kf config diff`, then apply again',
  keep_or_back: '`kf config confirm {revision}` keeps it, `kf config rollback {to}` takes it back',
  apply_when_ready: 'apply it again once /readyz is well; the revision before is in effect',
  history_live: '`kf config history` shows those that were',
  history: '`kf config history` shows them',
  most: '{most} are the most',
  whole_number: 'send a whole number from {min} to {max}',
  try_again: 'try again; /readyz says what is missing',
} as const

export type SentenceName = keyof typeof sentences
export type SentenceValues = Readonly<Record<string, string | number>>
export type Sentence = { readonly name: SentenceName; readonly values: Readonly<Record<string, string>> }

export function say(name: SentenceName, values: SentenceValues = {}): string {
  return sentences[name].replace(/\{(\w+)\}/g, (_, value: string) => String(values[value] ?? ''))
}

/** An error's message, hint and `params`: which sentences they are, `says` and `fix`, and the values of both. */
export function told(
  name: SentenceName,
  values: SentenceValues,
  fix?: SentenceName,
): {
  readonly message: string
  readonly details: { readonly hint?: string; readonly params: SentenceValues }
} {
  const params = { ...values, says: name, fix: fix ?? '' }
  return {
    message: say(name, values),
    details: fix === undefined ? { params } : { hint: say(fix, values), params },
  }
}

/** Which sentence a text is; the first that fits, in their order above. Undefined for what a person wrote. */
export function readSentence(text: string): Sentence | undefined {
  for (const [name, pattern] of patterns()) {
    const match = pattern.exec(text)
    if (match !== null) return { name, values: { ...match.groups } }
  }
  return undefined
}

// What a person wrote is not to look like a sentence by chance.
const number = '[\\d.]+'
const shapes: Readonly<Record<string, string>> = {
  process: 'writer|worker \\d+',
  state: '[a-z]+',
  revision: number,
  live: number,
  to: number,
  ms: number,
  seconds: number,
  share: number,
  count: number,
  bound: number,
}

let made: readonly (readonly [SentenceName, RegExp])[] | undefined

function patterns(): readonly (readonly [SentenceName, RegExp])[] {
  made ??= Object.entries(sentences).map(([name, sentence]) => {
    const literal = sentence.replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    const pattern = literal.replace(
      /\{(\w+)\}/g,
      (_, value: string) => `(?<${value}>${shapes[value] ?? '.+?'})`,
    )
    return [name as SentenceName, new RegExp(`^${pattern}$`, 's')]
  })
  return made
}
