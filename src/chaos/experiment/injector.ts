import { KfError, messageOf } from '../../core/errors.ts'
import type { FaultContext, FaultKind, Injected } from '../fault/fault.ts'
import type { TimelineStep } from './experiment.ts'
import type { Note } from './recorder.ts'
import type { ExperimentEvents, FaultRecord } from './result.ts'
import { pause, within } from './wait.ts'

const verifyEveryMs = 200
const injectWithinMs = 30_000
const healWithinMs = 60_000
const verifyWithinMs = 10_000
/** A node that was killed or stopped is given so long, healed, before its absence is nobody's doing. */
const graceMs = 15_000

export type InjectorOptions = {
  readonly kinds: ReadonlyMap<string, FaultKind>
  readonly context: FaultContext
  readonly note: (note: Note) => void
  readonly onFault: ExperimentEvents['fault']
  /** Ms from the start of the baseline. */
  readonly now: () => number
}

/**
 * | fault    | event                                | next    | in the history                    |
 * |----------|--------------------------------------|---------|-----------------------------------|
 * | -        | its time                             | holds   | inject, then verified/unverified  |
 * | holds    | its end, or, momentary, once it fired | healing | healing                           |
 * | healing  | healed                               | healed  | healed                            |
 * | healing  | an error, or 60 s pass               | holds   | heal-failed                       |
 */
type Fault = {
  readonly step: TimelineStep
  readonly kind: FaultKind
  record: FaultRecord
  injected: Injected | undefined
  state: 'holds' | 'healing' | 'healed'
  readonly over: Promise<void>
  /** Ends the wait for its time to heal. */
  readonly end: () => void
}

/** Injects the steps of a timeline, proves that they fired, and heals them. */
export class Injector {
  readonly #options: InjectorOptions
  readonly #faults: Fault[] = []
  readonly #playing = new Set<Promise<void>>()

  constructor(options: InjectorOptions) {
    this.#options = options
  }

  get records(): readonly FaultRecord[] {
    return this.#faults.map(({ record }) => record)
  }

  get active(): readonly FaultRecord[] {
    return this.#faults.filter(({ state }) => state !== 'healed').map(({ record }) => record)
  }

  /** What is still unhealed, in words. */
  get left(): readonly string[] {
    return this.active.map(
      ({ fault, on, trouble }) => `${fault} on ${on}${trouble === undefined ? '' : `: ${trouble}`}`,
    )
  }

  /** Whether a node that is not there may be the doing of a fault. */
  get nodesTouched(): boolean {
    const now = this.#options.now()
    return this.#faults.some(
      ({ kind, record }) =>
        (kind.on === 'node' || kind.on === 'writer' || kind.on === 'worker') &&
        (record.healedMs ?? Number.POSITIVE_INFINITY) + graceMs > now,
    )
  }

  /** Begins a step; its end follows by itself. What goes wrong is in the record; only a fault that nobody knows throws. */
  begin(step: TimelineStep): void {
    const kind = this.#options.kinds.get(step.fault)
    if (kind === undefined) throw new KfError('unknown_fault', `there is no fault ${step.fault}`)
    const { promise, resolve } = Promise.withResolvers<void>()
    const { n, fault, on } = step
    const record = {
      n,
      fault,
      on,
      injectedMs: this.#options.now(),
      verifiedMs: undefined,
      healedMs: undefined,
      proof: undefined,
      trouble: undefined,
    }
    const one: Fault = {
      step,
      kind,
      record,
      injected: undefined,
      state: 'holds',
      over: promise,
      end: resolve,
    }
    this.#faults.push(one)
    const playing = this.#play(one).finally(() => this.#playing.delete(playing))
    this.#playing.add(playing)
  }

  /** Heals all that holds, and once more what would not heal. */
  async healAll(): Promise<void> {
    for (const { end } of this.#faults) end()
    await Promise.all(this.#playing)
    await Promise.all(this.#faults.filter(({ state }) => state === 'holds').map((fault) => this.#heal(fault)))
  }

  async #play(fault: Fault): Promise<void> {
    const { step, kind } = fault
    const { context } = this.#options
    const { clock } = context
    this.#note(fault, 'inject')
    this.#options.onFault(fault.record, 'inject')
    try {
      const injecting = kind.inject(context, step.on, step.params)
      fault.injected = await within(clock, injectWithinMs, `the injection of ${step.fault}`, injecting)
    } catch (error) {
      this.#unverified(fault, messageOf(error))
      // What it had begun is in the undo log; nothing here can take it back.
      fault.state = 'healed'
      this.#change(fault, { healedMs: this.#options.now() })
      return
    }
    const cancel =
      step.until === undefined ? () => {} : clock.after(step.until - this.#options.now(), fault.end)
    await this.#verify(fault, fault.injected)
    if (!step.momentary) await fault.over
    cancel()
    await this.#heal(fault)
  }

  async #verify(fault: Fault, injected: Injected): Promise<void> {
    const { clock } = this.#options.context
    const began = clock.monotonic()
    let why = `nothing showed within ${fault.kind.showsWithinMs} ms`
    let over = false
    void fault.over.then(() => {
      over = true
    })
    for (;;) {
      try {
        const proof = await within(clock, verifyWithinMs, 'its proof', injected.verify())
        if (proof !== undefined) {
          this.#change(fault, { proof, verifiedMs: this.#options.now() })
          this.#note(fault, 'verified', proof)
          this.#options.onFault(fault.record, 'verified')
          return
        }
      } catch (error) {
        why = messageOf(error)
      }
      if (over || clock.monotonic() - began >= fault.kind.showsWithinMs) break
      await Promise.race([pause(clock, verifyEveryMs), fault.over])
    }
    this.#unverified(fault, why)
  }

  #unverified(fault: Fault, why: string): void {
    this.#change(fault, { trouble: why })
    this.#note(fault, 'unverified', why)
    this.#options.onFault(fault.record, 'unverified')
  }

  async #heal(fault: Fault): Promise<void> {
    const { injected, step } = fault
    if (injected === undefined || fault.state !== 'holds') return
    fault.state = 'healing'
    this.#note(fault, 'healing')
    try {
      await within(this.#options.context.clock, healWithinMs, `the healing of ${step.fault}`, injected.heal())
      fault.state = 'healed'
      this.#change(fault, { healedMs: this.#options.now() })
      this.#note(fault, 'healed')
      this.#options.onFault(fault.record, 'healed')
    } catch (error) {
      fault.state = 'holds'
      this.#change(fault, { trouble: messageOf(error) })
      this.#note(fault, 'heal-failed', messageOf(error))
      this.#options.onFault(fault.record, 'heal-failed')
    }
  }

  #change(fault: Fault, change: Partial<FaultRecord>): void {
    fault.record = { ...fault.record, ...change }
  }

  #note(
    fault: Fault,
    e: 'inject' | 'verified' | 'unverified' | 'healing' | 'healed' | 'heal-failed',
    why?: string,
  ): void {
    const { n, fault: name, on } = fault.record
    this.#options.note({
      e,
      p: 'harness',
      n,
      fault: name,
      on,
      ...(why === undefined ? {} : { why }),
      ...(fault.kind.storeCannotCommit === true ? { storeCannotCommit: true } : {}),
    })
  }
}
