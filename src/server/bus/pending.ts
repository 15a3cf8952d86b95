/**
 * What waits for an answer, under the numbers given to it: 1, 2, 3 … Answers come nearly in order, so a row with a moving start
 * serves where a map would hash three times a message.
 */
export class Pending<T> {
  #row: (T | undefined)[] = []
  /** The number of the row's first place. */
  #from = 1
  /** Places at the row's start that are empty by now. */
  #gone = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Returns its number. */
  add(one: T): number {
    this.#size++
    return this.#from + this.#row.push(one) - 1
  }

  /** Undefined when it was taken before, or never was. */
  take(n: number): T | undefined {
    const place = n - this.#from
    const one = this.#row[place]
    if (one === undefined) return undefined
    this.#row[place] = undefined
    this.#size--
    if (place === this.#gone) this.#advance()
    return one
  }

  oldest(): T | undefined {
    return this.#row[this.#gone]
  }

  /** In the order of their numbers. */
  *[Symbol.iterator](): Iterator<readonly [number, T]> {
    for (let place = this.#gone; place < this.#row.length; place++) {
      const one = this.#row[place]
      if (one !== undefined) yield [this.#from + place, one]
    }
  }

  #advance(): void {
    const row = this.#row
    while (this.#gone < row.length && row[this.#gone] === undefined) this.#gone++
    if (this.#gone < row.length && this.#gone < compactAt) return
    // Whatever is left is moved once for so many that were taken.
    if (this.#gone < row.length && this.#gone * 2 < row.length) return
    this.#row = row.slice(this.#gone)
    this.#from += this.#gone
    this.#gone = 0
  }
}

const compactAt = 4_096
