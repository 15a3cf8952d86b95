import type { Progress } from '../load/ipc.ts'

/** What one VU said since its last line, but for the head counts. */
export type VuProgress = {
  readonly vu: string
  readonly visitors: number
  readonly agents: number
  readonly sent: number
  readonly acked: number
  readonly errors: number
}

/** Reads a progress line of the script out of whatever k6 put around it; undefined for any other line. */
export function readProgress(line: string): VuProgress | undefined {
  const match = /kf-progress vu=(\w+) visitors=(\d+) agents=(\d+) sent=(\d+) acked=(\d+) errors=(\d+)/.exec(
    line,
  )
  if (match === null) return undefined
  const [visitors = 0, agents = 0, sent = 0, acked = 0, errors = 0] = match.slice(2).map(Number)
  return { vu: match[1] ?? '', visitors, agents, sent, acked, errors }
}

/** All VUs as one generator. */
export class VuProgresses {
  readonly #heads = new Map<string, { readonly visitors: number; readonly agents: number }>()
  #sent = 0
  #acked = 0
  #errors = 0

  add({ vu, visitors, agents, sent, acked, errors }: VuProgress): void {
    this.#heads.set(vu, { visitors, agents })
    this.#sent += sent
    this.#acked += acked
    this.#errors += errors
  }

  /** What came since the last call, as of `at` on the run's clock. k6 tells times at its end only: they stay unknown. */
  take(at: number): Progress {
    const taken = { sent: this.#sent, acked: this.#acked, errors: this.#errors }
    this.#sent = 0
    this.#acked = 0
    this.#errors = 0
    let visitors = 0
    let agents = 0
    for (const heads of this.#heads.values()) {
      visitors += heads.visitors
      agents += heads.agents
    }
    const nothing = { counts: new Uint32Array(0), sumMs: 0 }
    return {
      at,
      visitors,
      agents,
      ...taken,
      reconnects: 0,
      resumes: 0,
      latency: nothing,
      delivered: nothing,
      lagP99Ms: null,
      slipP99Ms: null,
    }
  }
}
