import type { Flow, Step } from '../scenario/scenario.ts'
import { Alarms } from './alarms.ts'
import type { FlowCount } from './ipc.ts'
import { exponential, type Random } from './random.ts'

export type WalkPorts = {
  readonly random: Random
  /** A flow that ended before this instant is followed by the next at once; otherwise they begin when `begin` is told. */
  readonly backToBackUntil: () => number
  /** Sends a message meant for `intended`, which the generator could send from `due` on; returns its number. */
  readonly send: (visitor: number, intended: number, due: number, step: SendStep) => number
  /** A flow ended early. `index`: the message that is an error for it, unless it is one already; -1 when there is none. */
  readonly failed: (visitor: number, index: number, reason: string) => void
}

export type SendStep = Extract<Step, { readonly do: 'send' }>

/** The news of a delivery may come so much later than the delivery itself, from another generator. */
const noticeMs = 1_000

/**
 * Visitors walk the steps of flows, one flow at a time each. All waits count from the instant their message was meant for, so
 * that an answer in time is in time even while the visitor thinks.
 *
 * A flow begins at the instant it was meant for. If the visitor still walks then, it begins when that walk ends, and its first
 * message is meant for the instant at which the walk would have ended had none of its waits taken any time: so a target that
 * stalls is charged for what it held up, and thinking is not.
 */
export class Walks {
  readonly #flows: readonly Flow[]
  readonly #ports: WalkPorts
  readonly #walks: Walk[]
  readonly #alarms: Alarms
  readonly #weights: number
  readonly #counts: { started: number; finished: number; failed: number; cutShort: number }[]
  #notBegun = 0
  #over = false

  constructor(flows: readonly Flow[], visitors: number, ports: WalkPorts) {
    this.#flows = flows
    this.#ports = ports
    this.#walks = Array.from({ length: visitors }, newWalk)
    this.#alarms = new Alarms(visitors)
    this.#weights = flows.reduce((sum, { weight }) => sum + weight, 0)
    this.#counts = flows.map(() => ({ started: 0, finished: 0, failed: 0, cutShort: 0 }))
  }

  get counts(): readonly FlowCount[] {
    return this.#counts.map((count, i) => ({ name: this.#flows[i]?.name ?? '', ...count }))
  }

  /** Meant to begin before the end, but the visitor was still walking. */
  get notBegun(): number {
    return this.#notBegun
  }

  /** When `advance` may have something to do. */
  get due(): number {
    return this.#alarms.due
  }

  /** A flow of `visitor` is meant to begin at `intended`, which has come. */
  begin(visitor: number, intended: number): void {
    const walk = this.#walks[visitor]
    if (walk === undefined || this.#over) return
    if (walk.flow === undefined) this.#start(visitor, walk, intended, Math.max(intended, walk.endedAt))
    else walk.meant.push(intended)
  }

  advance(now: number): void {
    if (now < this.#alarms.due) return
    this.#alarms.ring(now, (visitor, at) => {
      const walk = this.#walks[visitor]
      const step = walk?.flow?.steps[walk.step]
      if (walk === undefined || step === undefined) return
      if (step.do !== 'think') this.#fail(visitor, walk, walk.index, 'too late', at)
      else {
        walk.step += 1
        this.#go(visitor, walk, at, at)
      }
    })
  }

  acked(visitor: number, index: number, now: number): void {
    const walk = this.#walks[visitor]
    if (walk?.index !== index) return
    walk.ackedAt = now
    if (walk.ending) this.#finish(visitor, walk, now)
    else this.#heard(visitor, walk, 'ackedAt', now)
  }

  answered(visitor: number, now: number): void {
    const walk = this.#walks[visitor]
    if (walk === undefined || walk.answeredAt !== never) return
    walk.answeredAt = now
    this.#heard(visitor, walk, 'answeredAt', now)
  }

  /** Message `index` reached an agent at `at`; `now` is when that became known here. */
  delivered(visitor: number, index: number, at: number, now: number): void {
    const walk = this.#walks[visitor]
    if (walk?.index !== index || walk.deliveredAt !== never) return
    walk.deliveredAt = at
    this.#heard(visitor, walk, 'deliveredAt', now)
  }

  /** Message `index` was given up, and is counted as an error: a walk that waits for it ends. */
  gaveUp(visitor: number, index: number, now: number): void {
    const walk = this.#walks[visitor]
    if (walk?.index !== index) return
    const step = walk.flow?.steps[walk.step]
    if (walk.ending) this.#finish(visitor, walk, now)
    else if (step?.do === 'expect' || step?.do === 'deliver')
      this.#fail(visitor, walk, -1, 'its message was given up', now)
  }

  /** Nothing begins, and nothing is sent any more. */
  end(): void {
    this.#over = true
    for (const [visitor, walk] of this.#walks.entries()) {
      this.#notBegun += walk.meant.length
      walk.meant.length = 0
      this.#leave(visitor, walk, 'cutShort')
    }
  }

  #start(visitor: number, walk: Walk, intended: number, due: number): void {
    walk.flow = this.#choose()
    walk.step = 0
    walk.sentAt = intended
    walk.idealAt = intended
    forget(walk)
    this.#count(walk.flow, 'started')
    this.#go(visitor, walk, intended, due)
  }

  // Takes steps until one has to wait. `due` is this instant; `intended` lies before it where a flow began late.
  #go(visitor: number, walk: Walk, intended: number, due: number): void {
    for (let step = walk.flow?.steps[walk.step]; step !== undefined; step = walk.flow?.steps[walk.step]) {
      if (step.do === 'send') this.#send(visitor, walk, intended, due, step)
      else if (step.do === 'think') {
        this.#think(visitor, walk, due, step)
        return
      } else {
        const deadline = walk.sentAt + step.withinMs
        const happened = walk[waitsFor(step)]
        if (happened > deadline) {
          // The news of a delivery may yet come, from another generator.
          if (happened === never) this.#alarms.set(visitor, deadline + (step.do === 'deliver' ? noticeMs : 0))
          else this.#fail(visitor, walk, walk.index, 'too late', due)
          return
        }
      }
      walk.step += 1
    }
    // Back to back, a flow ends with the fate of its last message, so that nobody sends without bound.
    walk.ending = due < this.#ports.backToBackUntil() && walk.index >= 0 && walk.ackedAt === never
    if (!walk.ending) this.#finish(visitor, walk, due)
  }

  #send(visitor: number, walk: Walk, intended: number, due: number, step: SendStep): void {
    walk.sentAt = intended
    forget(walk)
    walk.index = this.#ports.send(visitor, intended, due, step)
  }

  #think(visitor: number, walk: Walk, due: number, { meanMs, spread }: ThinkStep): void {
    const drawn = spread === 'fixed' ? meanMs : exponential(this.#ports.random, meanMs)
    // Back to back, one who thought for no time at all would never let go.
    const ms = due < this.#ports.backToBackUntil() ? Math.max(drawn, 1) : drawn
    walk.idealAt += ms
    this.#alarms.set(visitor, due + ms)
  }

  // What the walk may be waiting for has happened.
  #heard(visitor: number, walk: Walk, what: Happening, now: number): void {
    const step = walk.flow?.steps[walk.step]
    if (step?.do !== 'expect' && step?.do !== 'deliver') return
    if (waitsFor(step) !== what) return
    this.#alarms.clear(visitor)
    this.#go(visitor, walk, now, now)
  }

  #finish(visitor: number, walk: Walk, at: number): void {
    this.#leave(visitor, walk, 'finished')
    this.#goOn(visitor, walk, at)
  }

  #fail(visitor: number, walk: Walk, index: number, why: string, at: number): void {
    const { flow, step } = walk
    // It is left before the message is given up, so that the walk does not hear of that.
    this.#leave(visitor, walk, 'failed')
    if (flow !== undefined) this.#ports.failed(visitor, index, reasonOf(flow, step, why))
    this.#goOn(visitor, walk, at)
  }

  #leave(visitor: number, walk: Walk, how: 'finished' | 'failed' | 'cutShort'): void {
    this.#alarms.clear(visitor)
    if (walk.flow !== undefined) this.#count(walk.flow, how)
    walk.flow = undefined
    walk.index = -1
    walk.ending = false
  }

  #goOn(visitor: number, walk: Walk, at: number): void {
    walk.endedAt = at
    if (this.#over) return
    const meant = walk.meant.shift()
    if (meant !== undefined) this.#start(visitor, walk, Math.max(meant, walk.idealAt), at)
    else if (at < this.#ports.backToBackUntil()) this.#start(visitor, walk, at, at)
  }

  #choose(): Flow | undefined {
    let rest = this.#ports.random() * this.#weights
    for (const flow of this.#flows) {
      rest -= flow.weight
      if (rest < 0) return flow
    }
    return this.#flows.at(-1)
  }

  #count(flow: Flow | undefined, what: 'started' | 'finished' | 'failed' | 'cutShort'): void {
    const count = flow === undefined ? undefined : this.#counts[this.#flows.indexOf(flow)]
    if (count !== undefined) count[what] += 1
  }
}

type ThinkStep = Extract<Step, { readonly do: 'think' }>
type WaitStep = Extract<Step, { readonly do: 'expect' | 'deliver' }>
type Happening = 'ackedAt' | 'answeredAt' | 'deliveredAt'

type Walk = {
  /** Undefined between flows. */
  flow: Flow | undefined
  step: number
  /** The walk's last message, or -1; the instant it was meant for, or that of the flow. */
  index: number
  sentAt: number
  /** What happened to that message since. */
  ackedAt: number
  answeredAt: number
  deliveredAt: number
  /** Took its last step, and waits for the fate of its last message. */
  ending: boolean
  /** Where the walk would stand had no wait taken any time. */
  idealAt: number
  endedAt: number
  /** Instants for which further flows were meant. */
  readonly meant: number[]
}

const never = Number.POSITIVE_INFINITY

function newWalk(): Walk {
  return {
    flow: undefined,
    step: 0,
    index: -1,
    sentAt: 0,
    ackedAt: never,
    answeredAt: never,
    deliveredAt: never,
    ending: false,
    idealAt: 0,
    endedAt: 0,
    meant: [],
  }
}

function forget(walk: Walk): void {
  walk.ackedAt = never
  walk.answeredAt = never
  walk.deliveredAt = never
}

function waitsFor(step: WaitStep): Happening {
  if (step.do === 'deliver') return 'deliveredAt'
  return step.what === 'ack' ? 'ackedAt' : 'answeredAt'
}

function reasonOf({ name, steps }: Flow, at: number, why: string): string {
  const step = steps[at]
  const what = step?.do === 'expect' ? `expect ${step.what}` : (step?.do ?? '')
  const within = step !== undefined && 'withinMs' in step ? ` within ${step.withinMs} ms` : ''
  const [first, last] = [at + 2, steps.length]
  const left =
    first > last ? '' : `; not taken: ${first === last ? `step ${last}` : `steps ${first} to ${last}`}`
  return `flow ${name}, step ${at + 1} (${what}${within}): ${why}${left}`
}
