/**
 * What one sender must send again in one conversation, oldest first. While anything waits here, later messages wait behind
 * it: the protocol refuses them until the refused one comes again, and only so does the sender's order stand. Only the oldest
 * is tried, less often each time; the rest follows when it is through. What was on its way when a connection was lost waits
 * here, too, for the next one.
 */
export class Outbox {
  #waiting: number[] = none
  #dueAt = 0
  #tries = 0
  #trying = false

  get empty(): boolean {
    return this.#waiting.length === 0
  }

  /** Message `index` was refused for now; the server asks for `retryAfterMs`. */
  refused(index: number, now: number, retryAfterMs: number | undefined): void {
    this.wait(index)
    if (this.#waiting[0] !== index) return
    this.#dueAt = now + Math.max(retryAfterMs ?? 0, Math.min(firstRetryMs * 2 ** this.#tries, slowestRetryMs))
    this.#tries += 1
    this.#trying = false
  }

  /** Message `index` has to wait behind one that was refused, or for a connection. */
  wait(index: number): void {
    if (this.#waiting.includes(index)) return
    if (this.#waiting === none) this.#waiting = [index]
    else {
      this.#waiting.push(index)
      this.#waiting.sort((a, b) => a - b)
    }
  }

  /** The message to try again, if its time has come. */
  due(now: number): number | undefined {
    if (this.#trying || now < this.#dueAt || this.#waiting.length === 0) return undefined
    this.#trying = true
    return this.#waiting[0]
  }

  /** Message `index` is acked, or refused for good. Hands out what waited behind it and goes now. */
  settled(index: number): readonly number[] {
    if (!this.#waiting.includes(index)) return none
    const oldest = this.#waiting[0] === index
    const rest = this.#waiting.filter((other) => other !== index)
    this.#waiting = oldest ? none : rest
    if (!oldest) return none
    this.#restart()
    return rest
  }

  /** Message `index` will not be tried again; what waits behind it goes on waiting. */
  drop(index: number): void {
    if (this.#waiting[0] === index) this.#restart()
    this.#waiting = this.#waiting.filter((other) => other !== index)
  }

  /** Hands out all that waits, in order: a new connection knows of no refusal. */
  take(): readonly number[] {
    const all = this.#waiting
    this.#waiting = none
    this.#restart()
    return all
  }

  #restart(): void {
    this.#tries = 0
    this.#trying = false
    this.#dueAt = 0
  }
}

// Shared by all that are empty, which is nearly all of them: never changed.
const none: number[] = []
const firstRetryMs = 100
const slowestRetryMs = 2_000
