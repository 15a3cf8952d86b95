import type { Topology } from '../topology/topology.ts'
import type { Safety } from './experiment.ts'
import type { Meter } from './meter.ts'
import { holds, type Look, measured, thresholdText } from './probes.ts'

/** `abort_if` looks at so many of the last seconds. */
const windowSeconds = 5
/** So many looks in a row must find a part dead: one may have come at a bad moment. */
const strikes = 3
const answerWithinMs = 2_000

export type WatchOptions = {
  readonly safety: Safety
  readonly topology: Topology
  readonly meter: Pick<Meter, 'stretch'>
  /** A node that is not there may be a fault's doing. */
  readonly nodesTouched: () => boolean
  /** Whether something answers at Toxiproxy's address. */
  readonly answers: typeof toxiproxyAnswers
}

/** Looks each second for a reason to end the run before its time. */
export class Watch {
  readonly #options: WatchOptions
  #looks: readonly Look[] = []
  readonly #dead = new Map<string, number>()

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /** `abort_if`: of the last seconds. `zero`: when the baseline began, on the history's scale. */
  crossed(look: Look, zero: number): string | undefined {
    this.#looks = [...this.#looks, look].slice(-windowSeconds)
    const first = this.#looks[0]
    if (first === undefined || this.#looks.length < windowSeconds) return undefined
    const stretch = this.#options.meter.stretch(zero + first.t - 1_000, zero + look.t)
    // Of what ended in these seconds: whether what began in them will be answered is not known yet.
    const [acks, errors] = [sum(this.#looks, 'acks'), sum(this.#looks, 'errors')]
    const now = { ...stretch, errorRate: acks + errors === 0 ? undefined : errors / (acks + errors) }
    for (const threshold of this.#options.safety.abortIf) {
      const value = measured(threshold.measure, now, this.#looks)
      if (value !== undefined && holds(value, threshold))
        return `abort_if: ${thresholdText(threshold)}, and it was ${round(value)} over ${windowSeconds} s`
    }
    return undefined
  }

  /** The harness's own parts: whichever dies unasked makes what follows worth nothing. */
  async died(): Promise<string | undefined> {
    const { topology, nodesTouched, answers } = this.#options
    if (this.#struck('toxiproxy', !(await answers(topology.toxiproxy))))
      return `Toxiproxy at ${topology.toxiproxy} does not answer any more`
    for (const node of topology.nodes) {
      if (node.dataFolder === undefined) continue
      const gone = !nodesTouched() && (await node.processes()) === undefined
      if (this.#struck(node.name, gone && !nodesTouched()))
        return `${node.name} has died, and no fault was at it`
    }
    return undefined
  }

  #struck(what: string, dead: boolean): boolean {
    const count = dead ? (this.#dead.get(what) ?? 0) + 1 : 0
    this.#dead.set(what, count)
    return count >= strikes
  }
}

/** NOTE: a slow answer counts: Toxiproxy's API hangs for a while when a proxy's client does not read. */
export async function toxiproxyAnswers(api: string): Promise<boolean> {
  try {
    const response = await fetch(`${api}/version`, {
      signal: AbortSignal.timeout(answerWithinMs),
      headers: { 'user-agent': 'kf' },
    })
    await response.body?.cancel()
    return response.ok
  } catch (error) {
    return error instanceof DOMException && error.name === 'TimeoutError'
  }
}

function sum(looks: readonly Look[], what: 'acks' | 'errors'): number {
  return looks.reduce((all, look) => all + look[what], 0)
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
