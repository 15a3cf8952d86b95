import type { Clock } from '../../core/clock.ts'
import type { Topology } from '../topology/topology.ts'
import type { Meter } from './meter.ts'
import type { Look } from './probes.ts'
import type { Recorder } from './recorder.ts'
import type { Crowd } from './workload.ts'

/** A second as it was, on the history's scale. */
export type RawLook = Omit<Look, 't'> & { readonly at: number }

export type SecondsOptions = {
  readonly clock: Clock
  readonly recorder: Recorder
  readonly meter: Meter
  readonly topology: Topology
  readonly crowd: Pick<Crowd, 'connected' | 'waiting'>
  /** How many visitors and agents were asked for. */
  readonly asked: number
  readonly onSecond: (look: RawLook) => void
}

/** What an answer about a node is good for. */
const freshMs = 3_000

/** Looks at the run each second. What nodes say of themselves comes when it comes: nothing waits for it. */
export class Seconds {
  readonly all: RawLook[] = []
  readonly #options: SecondsOptions
  #last: number
  #cancel: () => void = () => {}
  #sample: { readonly at: number; readonly rssBytes: number } | undefined
  #ready: { readonly at: number; readonly share: number } | undefined
  #asking = false

  constructor(options: SecondsOptions) {
    this.#options = options
    this.#last = options.recorder.now()
    this.#schedule()
  }

  /** A second begins here, whatever is left of the one before. */
  align(): void {
    this.#cancel()
    this.#last = this.#options.recorder.now()
    this.#schedule()
  }

  stop(): void {
    this.#cancel()
  }

  #schedule(): void {
    const { clock, recorder } = this.#options
    this.#cancel = clock.after(this.#last + 1_000 - recorder.now(), () => {
      this.#look()
      this.#schedule()
    })
  }

  #look(): void {
    const { recorder, meter, crowd, asked, onSecond } = this.#options
    const from = this.#last
    this.#last = from + 1_000
    const now = recorder.now()
    const visitors = crowd.connected('visitors')
    const agents = crowd.connected('agents')
    const sample = this.#sample !== undefined && now - this.#sample.at <= freshMs ? this.#sample : undefined
    const look = {
      at: this.#last,
      ...meter.flow(from, this.#last),
      visitors,
      agents,
      connected: asked === 0 ? 1 : (visitors + agents) / asked,
      ready: this.#ready !== undefined && now - this.#ready.at <= freshMs ? this.#ready.share : undefined,
      queued: crowd.waiting,
      rssBytes: sample?.rssBytes,
    }
    this.all.push(look)
    onSecond(look)
    if (!this.#asking) void this.#ask()
  }

  async #ask(): Promise<void> {
    const { topology, recorder, crowd } = this.#options
    this.#asking = true
    try {
      const [sample, ready] = await Promise.all([
        topology.sample().catch(() => undefined),
        Promise.all(topology.nodes.map((node) => node.ready().catch(() => false))),
      ])
      const at = recorder.now()
      this.#ready = { at, share: ready.filter(Boolean).length / Math.max(1, ready.length) }
      if (sample === undefined) return
      this.#sample = { at, rssBytes: sample.rssBytes }
      const { rssBytes, connections } = sample
      const { waiting } = crowd
      recorder.note({
        e: 'sample',
        p: 'harness',
        rssBytes,
        connections,
        ...(waiting === undefined ? {} : { queued: waiting }),
      })
    } finally {
      this.#asking = false
    }
  }
}
