/**
 * What one sender must send again in one conversation, oldest first. While anything waits here, later messages wait behind
 * it: the protocol refuses them until the refused one comes again, and only so does the sender's order stand. Only the oldest
 * is tried, less often each time; the rest follows when it is through.
 */
export class Outbox {
  #waiting: number[] = []
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

  /** Message `index` has to wait behind one that was refused. */
  wait(index: number): void {
    if (this.#waiting.includes(index)) return
    this.#waiting.push(index)
    this.#waiting.sort((a, b) => a - b)
  }

  /** The message to try again, if its time has come. */
  due(now: number): number | undefined {
    if (this.#trying || now < this.#dueAt || this.#waiting.length === 0) return undefined
    this.#trying = true
    return this.#waiting[0]
  }

  /** Message `index` is acked, or refused for good. Hands out what waited behind it and goes now. */
  settled(index: number): readonly number[] {
    if (!this.#waiting.includes(index)) return []
    const oldest = this.#waiting[0] === index
    const rest = this.#waiting.filter((other) => other !== index)
    this.#waiting = oldest ? [] : rest
    if (!oldest) return []
    this.#tries = 0
    this.#trying = false
    return rest
  }

  clear(): void {
    this.#waiting = []
  }
}

const firstRetryMs = 100
const slowestRetryMs = 2_000
