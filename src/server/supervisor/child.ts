import type { Clock } from '../../core/clock.ts'
import { KfError } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import { failure } from '../config-center/error.ts'
import type { ConfigAnswers, ConfigCall } from '../config-center/messages.ts'
import type { TakenElsewhere } from '../limits/limits.ts'
import type { AdminCall } from '../people/calls.ts'
import { childExit, type FromChild, type Stats, type ToChild } from '../roles.ts'
import type { ProcessReport } from '../telemetry/report.ts'
import { restartBounds, restartDelayMs } from './backoff.ts'

/** One forked process, as the supervisor needs it. */
export type ChildHandle = {
  readonly pid: number
  /** False when the channel is gone. */
  readonly send: (message: ToChild) => boolean
  readonly kill: (signal: 'SIGKILL') => void
}

/** Forks; the callbacks run once per message and once at the end. */
export type Spawn = (on: {
  readonly message: (message: FromChild) => void
  readonly exit: (code: number | null, signal: string | null) => void
}) => ChildHandle

/**
 * starting ─ ready ─▶ ready ─ exit ─▶ waiting ─ pause ─▶ starting
 * starting ─ failed or exit, before it was ever ready ─▶ broken
 * ready ─ exit 3 ─▶ broken       any ─ stop ─▶ stopping ─ exit ─▶ stopped
 */
export type ChildState = 'starting' | 'ready' | 'waiting' | 'broken' | 'stopping' | 'stopped'

export type ChildOptions = {
  /** `writer`, `worker 0` … */
  readonly name: string
  readonly spawn: Spawn
  readonly clock: Clock
  /** Asked at each (re)start. */
  readonly startMessage: () => ToChild
  readonly log: Log
  /** It took some of its limits, and the others are to know. */
  readonly onTaken?: (taken: TakenElsewhere) => void
  /** Broken for good; before the first ready this fails the start of the node. */
  readonly onBroken: (error: KfError) => void
  /** Its first start message waits for this, while its process boots and loads its code already. */
  readonly startAfter?: Promise<unknown>
  /** From fork to ready; then it is killed and counts as dead. */
  readonly startWithinMs?: number
}

const defaultStartWithinMs = 60_000
const adminWithinMs = 10_000
/** A snapshot is taken in within milliseconds: what takes longer stands still. */
const configWithinMs = 5_000

/** One place for a child process: forks it, replaces it when it dies, carries calls to it. */
export class Child {
  readonly #options: ChildOptions
  #handle: ChildHandle | undefined
  #state: ChildState = 'stopped'
  #wasReady = false
  #readySince = 0
  #deaths = 0
  #restarts = 0
  #port: number | undefined
  #revision = 0
  #stats: Stats = {}
  #report: ProcessReport | undefined
  #heardAt: number
  #cancelTimer: () => void = () => undefined
  #nextCall = 1
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #ready = Promise.withResolvers<number | undefined>()
  readonly #gone = Promise.withResolvers<void>()

  constructor(options: ChildOptions) {
    this.#options = options
    this.#heardAt = options.clock.monotonic()
    // Who waits for it is told; that nobody waits yet is no fault.
    this.#ready.promise.catch(() => undefined)
  }

  get state(): ChildState {
    return this.#state
  }

  get pid(): number | undefined {
    return this.#handle?.pid
  }

  get restarts(): number {
    return this.#restarts
  }

  /** What it last reported; empty while it is not ready. */
  get stats(): Stats {
    return this.#state === 'ready' ? this.#stats : {}
  }

  /** Of its stages, loop and store; undefined while it is not ready. */
  get report(): ProcessReport | undefined {
    return this.#state === 'ready' ? this.#report : undefined
  }

  /** How long ago it last said anything, ms: its reports come every second. */
  get silentMs(): number {
    return this.#options.clock.monotonic() - this.#heardAt
  }

  /** Resolves at the first ready, with the port it listens on; rejects when it broke before. */
  get firstReady(): Promise<number | undefined> {
    return this.#ready.promise
  }

  /** Resolves when it has ended after `stop` or broke. */
  get gone(): Promise<void> {
    return this.#gone.promise
  }

  get port(): number | undefined {
    return this.#port
  }

  /** Of the configuration: the one it was started with, or later said to have in effect. */
  get revision(): number {
    return this.#revision
  }

  start(): void {
    const { spawn, clock, startWithinMs = defaultStartWithinMs } = this.#options
    this.#state = 'starting'
    this.#heardAt = clock.monotonic()
    // A child that ended must not speak for its successor.
    const handle: ChildHandle = spawn({
      message: (message) => {
        if (this.#handle === handle) this.#onMessage(message)
      },
      exit: (code, signal) => {
        if (this.#handle === handle) this.#onExit(code, signal)
      },
    })
    this.#handle = handle
    this.#tellStart(handle)
    this.#cancelTimer = clock.after(startWithinMs, () => {
      this.#options.log.error({}, `${this.#options.name} was not ready within ${startWithinMs} ms; killed`)
      handle.kill('SIGKILL')
    })
  }

  /** Best effort: what is not ready is not told. */
  tell(message: ToChild): void {
    if (this.#state === 'ready') this.#handle?.send(message)
  }

  /** Rejects with `unavailable` when it is not ready, dies meanwhile or does not answer within 10 s. */
  call(call: AdminCall): Promise<unknown> {
    return this.#ask((q) => ({ t: 'admin', q, ...call }), adminWithinMs)
  }

  /** As `call`, within 5 s. */
  async configure<Call extends ConfigCall>(call: Call): Promise<ConfigAnswers[Call['step']]> {
    const answer = await this.#ask((q) => ({ t: 'config', q, call }), configWithinMs)
    if (call.step === 'commit') this.#revision = Math.max(this.#revision, call.revision)
    // Its own side of the channel answers by the same types.
    return answer as ConfigAnswers[Call['step']]
  }

  /** Asks it to end; it is not replaced any more. `gone` says when it has ended. */
  stop(message: ToChild): void {
    this.#cancelTimer()
    if (this.#state === 'waiting' || this.#state === 'broken' || this.#state === 'stopped') {
      if (this.#state !== 'broken') this.#state = 'stopped'
      this.#gone.resolve()
      return
    }
    this.#state = 'stopping'
    if (this.#handle?.send(message) !== true) this.#handle?.kill('SIGKILL')
  }

  /** Ends it at once. */
  kill(): void {
    this.#cancelTimer()
    if (this.#state === 'waiting' || this.#state === 'stopped' || this.#state === 'broken') return
    this.#state = 'stopping'
    this.#handle?.kill('SIGKILL')
  }

  #ask(message: (q: number) => ToChild, withinMs: number): Promise<unknown> {
    if (this.#state !== 'ready' || this.#handle === undefined) {
      return Promise.reject(
        failure(
          'unavailable',
          'process_is',
          { process: this.#options.name, state: this.#state },
          'try_again',
        ),
      )
    }
    const q = this.#nextCall++
    const pending = Promise.withResolvers<unknown>()
    const cancel = this.#options.clock.after(withinMs, () => {
      this.#calls.delete(q)
      const process = this.#options.name
      pending.reject(failure('unavailable', 'process_late', { process, ms: withinMs }, 'try_again'))
    })
    this.#calls.set(q, pending)
    this.#handle.send(message(q))
    return pending.promise.finally(cancel)
  }

  #tellStart(handle: ChildHandle): void {
    const { startAfter } = this.#options
    const tell = (): void => {
      const message = this.#options.startMessage()
      if (message.t === 'start') this.#revision = message.revision
      handle.send(message)
    }
    if (startAfter === undefined || this.#wasReady) {
      tell()
      return
    }
    startAfter.then(
      () => {
        if (this.#handle === handle && this.#state === 'starting') tell()
      },
      // What it waits for is broken: the node ends, and this child with it.
      () => undefined,
    )
  }

  #onMessage(message: FromChild): void {
    this.#heardAt = this.#options.clock.monotonic()
    switch (message.t) {
      case 'ready':
        if (this.#state !== 'starting') return
        this.#cancelTimer()
        this.#state = 'ready'
        this.#wasReady = true
        this.#readySince = this.#heardAt
        this.#port = message.port ?? this.#port
        this.#ready.resolve(this.#port)
        return
      case 'failed':
        if (this.#wasReady) {
          this.#options.log.error({}, `${this.#options.name} could not start again: ${message.message}`)
          return
        }
        this.#break(
          new KfError(
            message.code,
            message.message,
            message.hint === undefined ? {} : { hint: message.hint },
          ),
        )
        return
      case 'stats':
        this.#stats = message.stats
        this.#report = message.report
        return
      case 'taken':
        this.#options.onTaken?.(message.taken)
        return
      case 'answer':
        this.#answer(message)
    }
  }

  #answer(message: FromChild & { readonly t: 'answer' }): void {
    const pending = this.#calls.get(message.q)
    this.#calls.delete(message.q)
    if (message.ok) {
      pending?.resolve(message.result)
      return
    }
    const { code, message: text, hint } = message.error
    pending?.reject(new KfError(code, text, hint === undefined ? {} : { hint }))
  }

  #onExit(code: number | null, signal: string | null): void {
    const { name, clock, log } = this.#options
    const pid = this.#handle?.pid
    const how = signal === null ? `ended with code ${code ?? '?'}` : `was killed by ${signal}`
    this.#cancelTimer()
    this.#handle = undefined
    this.#stats = {}
    this.#report = undefined
    const gone =
      signal === null
        ? failure('unavailable', 'process_code', { process: name, code: code ?? '?' }, 'try_again')
        : failure('unavailable', 'process_signal', { process: name, signal }, 'try_again')
    for (const pending of this.#calls.values()) pending.reject(gone)
    this.#calls.clear()
    if (this.#state === 'stopping' || this.#state === 'broken') {
      if (this.#state === 'stopping') this.#state = 'stopped'
      this.#gone.resolve()
      return
    }
    if (code === childExit.storeFailed) {
      this.#break(storeFailed())
      this.#gone.resolve()
      return
    }
    if (!this.#wasReady) {
      this.#break(
        new KfError('child_failed', `the ${name} ${how} before it was ready`, {
          hint: 'its own error stands above',
        }),
      )
      this.#gone.resolve()
      return
    }
    this.#deaths = this.#wasForgiven() ? 1 : this.#deaths + 1
    this.#restarts += 1
    const delay = restartDelayMs(this.#deaths)
    this.#state = 'waiting'
    log.warn(
      {},
      `${name} (pid ${pid ?? '?'}) ${how}; starting another${delay === 0 ? '' : ` in ${delay} ms`}`,
    )
    if (delay === 0) this.start()
    else this.#cancelTimer = clock.after(delay, () => this.start())
  }

  #wasForgiven(): boolean {
    const ranMs = this.#options.clock.monotonic() - this.#readySince
    return this.#state === 'ready' && ranMs >= restartBounds.forgivenAfterMs
  }

  #break(error: KfError): void {
    this.#state = 'broken'
    this.#cancelTimer()
    this.#ready.reject(error)
    this.#options.onBroken(error)
  }
}

function storeFailed(): KfError {
  return new KfError('store_failed', 'the disk refused a sync; the store takes no more writes', {
    hint: 'check the disk (dmesg), then restart kf: what was acked is safe, what was not acked is sent again by its sender',
  })
}
