import type { Flow } from '../scenario/scenario.ts'
import type { DeliveryNotice, GeneratorPlan } from './ipc.ts'
import type { Meter } from './meter.ts'
import { seededRandom } from './random.ts'
import { randomFor } from './surroundings.ts'
import type { Visitors } from './visitors.ts'
import type { WalkTexts } from './walk-texts.ts'
import { Walks } from './walks.ts'

/** Walks of one generator's visitors, and what other generators' visitors wait for. */
export class Walking {
  readonly walks: Walks
  readonly #plan: GeneratorPlan
  readonly #visitors: Visitors
  readonly #now: () => number
  readonly #notices = new Map<number, { readonly indexes: number[]; readonly at: number[] }>()

  constructor(plan: GeneratorPlan, texts: WalkTexts, parts: WalkingParts) {
    const { visitors, meter, now } = parts
    const random = seededRandom(plan.seed, plan.generator, randomFor.flows)
    this.#plan = plan
    this.#visitors = visitors
    this.#now = now
    this.walks = new Walks(plan.flows, plan.visitors, {
      random,
      backToBackUntil: () => (plan.mode === 'closed' ? meter.window.measureTo : Number.NEGATIVE_INFINITY),
      send: (visitor, intended, due, step) => {
        const { first, count } = texts.ranges.get(step) ?? { first: 0, count: 1 }
        return visitors.send(visitor, intended, due, first + Math.floor(random() * count))
      },
      failed: (visitor, index, reason) => {
        const counted = index >= 0 && visitors.sent.giveUp(index, reason)
        // Of a slow reader nothing is counted as an error: it may not have read what came in time.
        if (visitors.untimed[visitor] === 1) meter.noteReason(`slow reader: ${reason}`)
        else if (!counted) meter.noteReason(reason)
      },
    })
    visitors.watcher = {
      settled: (visitor, index, at, acked) => {
        if (acked) this.walks.acked(visitor.number, index, at)
        else this.walks.gaveUp(visitor.number, index, at)
      },
      answered: (visitor, at) => {
        this.walks.answered(visitor.number, at)
      },
    }
  }

  /** An agent of this generator got message `index` of `generator`. */
  delivered(generator: number, index: number, at: number): void {
    if (generator === this.#plan.generator) {
      this.#tell(index, at, at)
      return
    }
    let notice = this.#notices.get(generator)
    if (notice === undefined) {
      notice = { indexes: [], at: [] }
      this.#notices.set(generator, notice)
    }
    notice.indexes.push(index)
    notice.at.push(at)
  }

  /** Agents of another generator got these. */
  noticed({ indexes, at }: DeliveryNotice): void {
    for (const [i, index] of indexes.entries()) this.#tell(index, at[i] ?? 0, this.#now())
  }

  /** Hands out what other generators must know, by generator; empty after that. */
  takeNotices(): ReadonlyMap<number, DeliveryNotice> {
    if (this.#notices.size === 0) return this.#notices
    const all = new Map(this.#notices)
    this.#notices.clear()
    return all
  }

  #tell(index: number, at: number, now: number): void {
    const { log } = this.#visitors.sent
    if (index < log.count) this.walks.delivered(log.who[index] ?? 0, index, at, now)
  }
}

export type WalkingParts = { readonly visitors: Visitors; readonly meter: Meter; readonly now: () => number }

/** True when the generators must tell each other what reached an agent. */
export function waitsForDelivery(flows: readonly Flow[]): boolean {
  return flows.some(({ steps }) => steps.some((step) => step.do === 'deliver'))
}
