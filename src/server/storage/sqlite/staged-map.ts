const gone = Symbol('gone')

/**
 * A map whose changes stay apart until they are settled, so that a batch whose COMMIT fails leaves nothing behind.
 * Settled entries stand in the order of their last change: the first ones are the longest untouched.
 */
export class StagedMap<K, V extends object | string | number> {
  readonly #settled = new Map<K, V>()
  readonly #staged = new Map<K, V | typeof gone>()

  get(key: K): V | undefined {
    const staged = this.#staged.get(key)
    if (staged === gone) return undefined
    return staged ?? this.#settled.get(key)
  }

  set(key: K, value: V): void {
    this.#staged.set(key, value)
  }

  delete(key: K): void {
    this.#staged.set(key, gone)
  }

  /** Settled entries plus staged ones. */
  get size(): number {
    return this.#settled.size + this.#staged.size
  }

  settle(): void {
    for (const [key, value] of this.#staged) {
      this.#settled.delete(key)
      if (value !== gone) this.#settled.set(key, value)
    }
    this.#staged.clear()
  }

  discard(): void {
    this.#staged.clear()
  }

  /** Settled keys from the longest untouched on. */
  keys(): MapIterator<K> {
    return this.#settled.keys()
  }

  values(): MapIterator<V> {
    return this.#settled.values()
  }

  /** Evicts the longest untouched beyond `limit`. */
  shrink(limit: number): void {
    for (const key of this.#settled.keys()) {
      if (this.#settled.size <= limit) return
      this.#settled.delete(key)
    }
  }

  /** Takes a settled entry out at once; only for copies of what the database holds. */
  evict(key: K): void {
    this.#settled.delete(key)
  }
}
