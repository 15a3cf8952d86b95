/**
 * What one reader holds of one stream: acks and messages together must leave no hole, and messages must come in order.
 * A hole may close late only through an ack, which may be overtaken by what was committed after it.
 */
export class StreamTrack {
  /** All seqs up to this one are held. */
  cursor = 0
  disorder = 0
  #highestMessage = 0
  #ahead: Set<number> | undefined

  /** False: held already. */
  message(seq: number): boolean {
    if (!this.#hold(seq)) return false
    if (seq < this.#highestMessage) this.disorder += 1
    else this.#highestMessage = seq
    return true
  }

  ack(seq: number): void {
    this.#hold(seq)
  }

  /** From a page: fills what lies before the live frames, in whatever order it was asked for. */
  page(seq: number): boolean {
    return this.#hold(seq)
  }

  /** What was held is of another history. What was wrong with it stays counted. */
  forget(): void {
    this.disorder += this.missing
    this.cursor = 0
    this.#highestMessage = 0
    this.#ahead = undefined
  }

  /** Seqs missing below the highest one held. */
  get missing(): number {
    if (this.#ahead === undefined || this.#ahead.size === 0) return 0
    return Math.max(...this.#ahead) - this.cursor - this.#ahead.size
  }

  #hold(seq: number): boolean {
    if (seq === this.cursor + 1) {
      this.cursor = seq
      if (this.#ahead !== undefined) while (this.#ahead.delete(this.cursor + 1)) this.cursor += 1
      return true
    }
    if (seq <= this.cursor || this.#ahead?.has(seq) === true) return false
    this.#ahead ??= new Set()
    this.#ahead.add(seq)
    return true
  }
}
