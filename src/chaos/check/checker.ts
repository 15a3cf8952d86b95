import type { HistoryEntry } from './history.ts'
import { Ledger } from './ledger.ts'
import { Ownership } from './ownership.ts'
import type { Judgement, Rule } from './rule.ts'
import { agreement } from './rules/agreement.ts'
import { boundedMemory } from './rules/bounded-memory.ts'
import { capacity } from './rules/capacity.ts'
import { convergence } from './rules/convergence.ts'
import { gapless } from './rules/gapless.ts'
import { noAckedLoss } from './rules/no-acked-loss.ts'
import { noDuplicate } from './rules/no-duplicate.ts'
import { noFalseAck } from './rules/no-false-ack.ts'
import { noPhantom } from './rules/no-phantom.ts'
import { oneOwner } from './rules/one-owner.ts'
import { realTimeOrder } from './rules/real-time-order.ts'
import { senderOrder } from './rules/sender-order.ts'
import { type CheckOptions, type Invariant, invariants, type Verdict } from './verdict.ts'

export type Checker = {
  /**
   * The next entry, in the order of the history; `line` counts from 1 and is what evidence names. Throws `KfError` `history`
   * for what no recorder writes: an id that is invoked twice.
   */
  readonly add: (entry: HistoryEntry, line: number) => void
  /** One verdict for each invariant, in the order of `invariants`. */
  readonly end: () => readonly Verdict[]
}

/** All invariants at once, over one pass; pure. Some 140 bytes of memory for a message, nothing for other entries. */
export function createChecker(options: CheckOptions): Checker {
  const ledger = new Ledger()
  const ownership = new Ownership((stream) =>
    stream.kind === 'public' ? stream : ledger.streams[stream.index - 1],
  )
  const rules = [
    noAckedLoss,
    noDuplicate,
    agreement,
    gapless(ownership),
    senderOrder,
    realTimeOrder,
    noPhantom,
    oneOwner(ownership),
    capacity,
    boundedMemory,
    convergence,
    noFalseAck,
  ].map((make) => make(ledger, options))
  const run = new RunDoubts()
  const add = dispatcher(ledger, rules, run)
  return {
    add,
    end: () => {
      const byName = new Map(rules.map((rule) => [rule.invariant, rule]))
      return invariants.flatMap((invariant) => {
        const rule = byName.get(invariant)
        if (rule === undefined) return []
        const few = needsAcks.has(invariant) ? tooFewAcks(ledger.acks, options) : []
        return [concluded(invariant, rule.judge(), [...run.doubts(), ...few])]
      })
    },
  }
}

/** What is unknown when hardly anything was acked; the others count what they need by themselves. */
const needsAcks: ReadonlySet<Invariant> = new Set([
  'no_acked_loss',
  'no_duplicate',
  'agreement',
  'gapless',
  'sender_order',
  'real_time_order',
  'no_phantom',
  'convergence',
])

function tooFewAcks(acks: number, { minimum }: CheckOptions): readonly string[] {
  return acks < minimum.acks ? [`${acks} acks, at least ${minimum.acks} are asked for`] : []
}

function concluded(invariant: Invariant, judgement: Judgement, general: readonly string[]): Verdict {
  const { checked, found } = judgement
  const { count: violations, evidence } = found
  if (violations > 0) return { invariant, status: 'fail', checked, violations, evidence }
  const own =
    judgement.doubts.length === 0 && checked === 0 ? ['there was nothing to look at'] : judgement.doubts
  const doubts = [...general, ...own]
  if (doubts.length === 0) return { invariant, status: 'pass', checked, violations, evidence }
  return { invariant, status: 'unknown', checked, violations, evidence, why: doubts.join('; ') }
}

/** What makes the whole run unknown: a fault that was not seen to fire, and a history that breaks off. */
class RunDoubts {
  readonly #unverified = new Map<number, string>()
  #ended = false

  add(entry: HistoryEntry): void {
    if (entry.e === 'phase') this.#ended = entry.phase === 'end'
    else if (entry.e === 'inject' || entry.e === 'unverified')
      this.#unverified.set(entry.n, `${entry.fault} on ${entry.on} was not seen to fire${reason(entry)}`)
    else if (entry.e === 'verified') this.#unverified.delete(entry.n)
  }

  doubts(): readonly string[] {
    return [...this.#unverified.values(), ...(this.#ended ? [] : ['the history breaks off before its end'])]
  }
}

function reason({ why }: { readonly why?: string }): string {
  return why === undefined ? '' : ` (${why})`
}

type Handler<Name extends keyof Rule> = NonNullable<Rule[Name]>

/** Notes an entry in the ledger, then hands it to the rules that look at its kind. */
function dispatcher(ledger: Ledger, rules: readonly Rule[], run: RunDoubts): Checker['add'] {
  const { at } = ledger
  const those = <Name extends Exclude<keyof Rule, 'invariant' | 'judge'>>(name: Name): Handler<Name>[] =>
    rules.flatMap((rule) => {
      const handler = rule[name]
      return handler === undefined ? [] : [handler]
    })
  const on = {
    invoke: those('invoke'),
    ok: those('ok'),
    fail: those('fail'),
    info: those('info'),
    seen: those('seen'),
    read: those('read'),
    readEnd: those('readEnd'),
    reset: those('reset'),
    link: those('link'),
    desk: those('desk'),
    fault: those('fault'),
    phase: those('phase'),
    sample: those('sample'),
    tick: those('tick'),
  }

  return (entry, line) => {
    for (const see of on.tick) see(entry.t, line)
    switch (entry.e) {
      case 'invoke':
        ledger.invoke(entry, line)
        for (const see of on.invoke) see(entry, at)
        break
      case 'ok':
        ledger.ok(entry, line)
        for (const see of on.ok) see(entry, at)
        break
      case 'fail':
        ledger.fail(entry, line)
        for (const see of on.fail) see(entry, at)
        break
      case 'info':
        ledger.info(entry, line)
        for (const see of on.info) see(entry, at)
        break
      case 'seen':
        ledger.seen(entry, line)
        for (const see of on.seen) see(entry, at)
        break
      case 'read':
        ledger.read(entry, line)
        for (const see of on.read) see(entry, at)
        break
      case 'read-end':
        ledger.readEnd(entry, line)
        for (const see of on.readEnd) see(entry, at)
        break
      case 'reset':
        ledger.reset(entry, line)
        for (const see of on.reset) see(entry, at)
        break
      case 'up':
      case 'down':
        ledger.link(entry, line)
        for (const see of on.link) see(entry, at)
        break
      case 'desk':
        at.line = line
        for (const see of on.desk) see(entry, at)
        break
      case 'phase':
        at.line = line
        run.add(entry)
        for (const see of on.phase) see(entry, at)
        break
      case 'sample':
        at.line = line
        for (const see of on.sample) see(entry, at)
        break
      case 'inject':
      case 'verified':
      case 'unverified':
      case 'healing':
      case 'healed':
      case 'heal-failed':
        at.line = line
        run.add(entry)
        for (const see of on.fault) see(entry, at)
        break
    }
  }
}
