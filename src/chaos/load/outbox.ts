/**
 * What one sender must send again in one conversation, oldest first. While anything waits here, later messages wait behind
 * it: the protocol refuses them until the refused one comes again, and only so does the sender's order stand.
 */
export class Outbox {
  #waiting: number[] = []
  #dueAt = 0

  get empty(): boolean {
    return this.#waiting.length === 0
  }

  /** Message `index` was refused for now, or has to wait behind one that was. */
  hold(index: number, dueAt: number): void {
    if (this.#waiting.includes(index)) return
    if (this.#waiting.length === 0 || dueAt > this.#dueAt) this.#dueAt = dueAt
    this.#waiting.push(index)
    this.#waiting.sort((a, b) => a - b)
  }

  /** Hands out all that waits, in order, once its time has come. */
  take(now: number): readonly number[] {
    if (this.#waiting.length === 0 || now < this.#dueAt) return []
    const taken = this.#waiting
    this.#waiting = []
    return taken
  }
}
