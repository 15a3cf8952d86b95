import type { Action } from './experiment.ts'

/** What shrinking may ask of the world. */
export type Shrinking = {
  /** Whether a run with these faults alone fails in the same way. */
  readonly fails: (actions: readonly Action[]) => Promise<boolean>
  /** What no scenario could say is not tried. */
  readonly fits: (actions: readonly Action[]) => boolean
  /** Runs at most; the shortest so far is the result then. */
  readonly mostTries: number
}

export type Shrunk = { readonly actions: readonly Action[]; readonly tries: number }

/** Shorter is not asked of a fault: it would hardly hold before it is healed. */
export const shortestForMs = 500
/** Where a shrunk schedule begins, so that a baseline is left. */
export const earliestMs = 5_000
const closestMs = 500

/**
 * The shortest schedule that still fails: first without the faults that it takes no part of (delta debugging after Zeller's
 * ddmin), then with shorter faults closer together. Starts from one that has failed; the result has failed too. Times of all
 * actions are fixed and in order.
 */
export async function shrink(failing: readonly Action[], shrinking: Shrinking): Promise<Shrunk> {
  const search = new Search(failing, shrinking)
  await search.fewer()
  await search.earlier()
  await search.shorter()
  await search.closer()
  return { actions: search.best, tries: search.tries }
}

class Search {
  best: readonly Action[]
  tries = 0
  readonly #shrinking: Shrinking
  /** Each schedule is run once. */
  readonly #tried = new Set<string>()

  constructor(failing: readonly Action[], shrinking: Shrinking) {
    this.best = failing
    this.#shrinking = shrinking
    this.#tried.add(JSON.stringify(failing))
  }

  async fewer(): Promise<void> {
    let parts = 2
    while (this.best.length >= 2 && !this.#spent) {
      const size = Math.ceil(this.best.length / parts)
      const reduced = (await this.#oneOf(size))
        ? 2
        : (await this.#allButOne(size))
          ? Math.max(2, parts - 1)
          : 0
      if (reduced > 0) parts = reduced
      else if (parts >= this.best.length) return
      else parts = Math.min(this.best.length, parts * 2)
    }
  }

  /** All at once: what comes before the first fault is baseline alone. */
  async earlier(): Promise<void> {
    const first = startOf(this.best[0])
    if (first > earliestMs) await this.#take(moved(this.best, 0, earliestMs - first))
  }

  async shorter(): Promise<void> {
    for (const i of this.best.keys()) {
      for (;;) {
        const forMs = this.best[i]?.forMs
        if (forMs === undefined || forMs <= shortestForMs) break
        const half = Math.max(shortestForMs, tenths(forMs / 2))
        if (
          !(await this.#take(this.best.map((action, k) => (k === i ? { ...action, forMs: half } : action))))
        )
          break
      }
    }
  }

  async closer(): Promise<void> {
    for (let i = 1; i < this.best.length; i++) {
      for (;;) {
        const gap = startOf(this.best[i]) - startOf(this.best[i - 1])
        if (gap <= closestMs) break
        const half = Math.max(closestMs, tenths(gap / 2))
        if (!(await this.#take(moved(this.best, i, half - gap)))) break
      }
    }
  }

  get #spent(): boolean {
    return this.tries >= this.#shrinking.mostTries
  }

  async #oneOf(size: number): Promise<boolean> {
    const { best } = this
    for (let from = 0; from < best.length; from += size)
      if (await this.#take(best.slice(from, from + size))) return true
    return false
  }

  async #allButOne(size: number): Promise<boolean> {
    const { best } = this
    for (let from = 0; from < best.length; from += size)
      if (await this.#take([...best.slice(0, from), ...best.slice(from + size)])) return true
    return false
  }

  /** Runs it, and keeps it where it fails. */
  async #take(candidate: readonly Action[]): Promise<boolean> {
    const key = JSON.stringify(candidate)
    if (candidate.length === 0 || this.#spent || this.#tried.has(key)) return false
    this.#tried.add(key)
    if (!this.#shrinking.fits(candidate)) return false
    this.tries += 1
    if (!(await this.#shrinking.fails(candidate))) return false
    this.best = candidate
    return true
  }
}

/** When an action of a fixed timeline begins. */
export function startOf(action: Action | undefined): number {
  if (action === undefined) return 0
  return 'ms' in action.at ? action.at.ms : action.at.fromMs
}

function moved(actions: readonly Action[], from: number, byMs: number): readonly Action[] {
  return actions.map((action, i) => (i < from ? action : { ...action, at: { ms: startOf(action) + byMs } }))
}

function tenths(ms: number): number {
  return Math.round(ms / 100) * 100
}
