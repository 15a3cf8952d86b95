/** Listeners in the order they came; each takes itself back by what `add` returns, also while they are called. */
export class Listeners<Message> {
  readonly #listeners = new Set<(message: Message) => void>()

  add(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  call(message: Message): void {
    for (const listener of [...this.#listeners]) listener(message)
  }
}

/** What happens once: whoever listens later is told at once. */
export class Once<Value> {
  readonly #listeners = new Listeners<Value>()
  #happened: { readonly value: Value } | undefined

  get value(): Value | undefined {
    return this.#happened?.value
  }

  /** The first call counts. */
  happen(value: Value): void {
    if (this.#happened !== undefined) return
    this.#happened = { value }
    this.#listeners.call(value)
  }

  on(listener: (value: Value) => void): () => void {
    if (this.#happened === undefined) return this.#listeners.add(listener)
    listener(this.#happened.value)
    return () => {}
  }
}
