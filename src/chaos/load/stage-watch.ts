import { type StagesReading, stagesBetween } from '../report/stages.ts'
import { queueOf, type StagesAnswer } from '../report/stages-answer.ts'
import type { RunningTarget } from '../targets/target.ts'

export type Queue = { readonly depth: number; readonly limit: number | null }

/** Asks a target for its stages over the measured window; a target without any, or one that does not answer, has none. */
export class StageWatch {
  readonly #ask: RunningTarget['stages']
  readonly #now: () => number
  readonly #answers: StagesAnswer[] = []
  readonly #beganMs: number
  #asking = false

  private constructor(ask: RunningTarget['stages'], now: () => number) {
    this.#ask = ask
    this.#now = now
    this.#beganMs = now()
  }

  /** `now` in milliseconds. */
  static async begin(target: Pick<RunningTarget, 'stages'>, now: () => number): Promise<StageWatch> {
    const watch = new StageWatch(target.stages, now)
    await watch.#take()
    return watch
  }

  /** Asks once more, without waiting, and gives persist's queue as it was last heard of. */
  poll(): Queue | null {
    if (!this.#asking) void this.#take()
    const last = this.#answers.at(-1)
    return last === undefined ? null : queueOf(last, 'persist')
  }

  async end(): Promise<StagesReading | undefined> {
    await this.#take()
    return stagesBetween(this.#answers, (this.#now() - this.#beganMs) / 1000) ?? undefined
  }

  async #take(): Promise<void> {
    if (this.#ask === undefined) return
    this.#asking = true
    const answer = await this.#ask()
    this.#asking = false
    if (answer !== null) this.#answers.push(answer)
  }
}
