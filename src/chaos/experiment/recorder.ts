import type { Clock } from '../../core/clock.ts'
import type { HistoryEntry, Stream } from '../check/history.ts'
import type { Meter } from './meter.ts'
import type { Checker, HistorySink } from './ports.ts'

type WithoutTime<Entry> = Entry extends unknown ? Omit<Entry, 't'> : never
/** An entry before it has its time. */
export type Note = WithoutTime<HistoryEntry>

/**
 * The one place where a run's entries get their time and line; they go to the file, the checker and the meter alike. After
 * `end` nothing is taken any more: clients that are being stopped have nothing to say.
 */
export class Recorder {
  /** Streams of conversations that clients met, and how many acks they had. */
  readonly met = new Map<string, Set<Stream>>()
  readonly counts = { sends: 0, acks: 0, retries: 0, resumes: 0, resets: 0, readBack: 0 }
  readonly #clock: Clock
  readonly #sink: HistorySink
  readonly #checker: Checker
  readonly #meter: Meter
  readonly #begin: number
  readonly #unsent = new Set<string>()
  #line = 0
  #ended = false

  constructor(clock: Clock, sink: HistorySink, checker: Checker, meter: Meter) {
    this.#clock = clock
    this.#sink = sink
    this.#checker = checker
    this.#meter = meter
    this.#begin = clock.monotonic()
  }

  /** Milliseconds since the run began. */
  now(): number {
    return this.#clock.monotonic() - this.#begin
  }

  note(note: Note): void {
    if (this.#ended) return
    // Microseconds are enough, and a third of the digits.
    const entry = { t: Math.round(this.now() * 1000) / 1000, ...note } as HistoryEntry
    this.#line += 1
    this.#sink.write(entry)
    this.#checker.add(entry, this.#line)
    this.#meter.add(entry)
    this.#count(entry)
  }

  end(): void {
    this.#ended = true
  }

  #count(entry: HistoryEntry): void {
    const { counts } = this
    switch (entry.e) {
      case 'invoke':
        counts.sends += 1
        if (entry.conn === 0) this.#unsent.add(entry.id)
        break
      case 'info':
        // The first time that something leaves is no retry.
        if (entry.why === 'retry' && !this.#unsent.delete(entry.id)) counts.retries += 1
        break
      case 'ok':
        counts.acks += 1
        this.#meet(entry.conversation, entry.stream)
        break
      case 'seen':
        this.#meet(entry.conversation, entry.stream)
        break
      case 'reset':
        counts.resets += 1
        break
      case 'up':
        if (entry.resumed === true) counts.resumes += 1
        break
      case 'read':
        counts.readBack += 1
        break
      default:
    }
  }

  #meet(conversation: string, stream: Stream): void {
    const known = this.met.get(conversation)
    if (known === undefined) this.met.set(conversation, new Set([stream]))
    else known.add(stream)
  }
}
