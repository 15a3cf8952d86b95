import type { StageQueue, StageReports } from '../telemetry/stages.ts'
import { createFilter, type Filter, rolesFilter } from './filter.ts'
import { measured } from './measured.ts'
import { createPipelineMetrics, reportPipeline } from './metrics.ts'
import { createParse, itemOf } from './parse.ts'
import { createPersist, type PersistPorts } from './persist.ts'
import { route } from './route.ts'
import type { Durable, Item, Origin, Received } from './stage.ts'

export type Pipeline = {
  /** Takes a frame's text; it is worked on with whatever else comes in this turn of the loop. */
  readonly receive: (origin: Origin, text: string) => void
  /** Takes a frame that was decoded already (REST). */
  readonly submit: (origin: Origin, frame: Durable) => void
  /** Works on what was received and not worked on yet. */
  readonly run: () => void
  /** All answers of one batch of the writer's were told. */
  readonly settled: () => void
  readonly report: () => StageReports
}

export type PipelinePorts = PersistPorts & {
  readonly filters: readonly Filter[]
  /** Monotonic milliseconds. */
  readonly monotonic: () => number
  /** Requests that the writer has not answered, and how many may wait. */
  readonly pending?: StageQueue
}

const runAtFrames = 64
const runAfterMs = 1

/** The four stages in a row, over batches. */
export function createPipeline(ports: PipelinePorts): Pipeline {
  const { monotonic } = ports
  let ingress: Received[] = []
  const metrics = createPipelineMetrics({
    ingress: { depth: () => ingress.length, limit: runAtFrames },
    filter: { depth: () => 0, limit: 0 },
    persist: ports.pending ?? { depth: () => 0 },
  })
  const parse = createParse({ metrics, monotonic })
  const filter = measured(createFilter([rolesFilter, ...ports.filters]), metrics.filter, monotonic)
  const routed = measured(route, metrics.route, monotonic)
  const { persist, settled } = createPersist({ ...ports, metrics })
  let firstAt = 0
  let scheduled = false

  const through = (items: readonly Item[]): void => {
    if (items.length > 0) persist(routed(filter(items)))
  }

  const run = (): void => {
    const batch = ingress
    if (batch.length === 0) return
    ingress = []
    metrics.parse.wait?.observe((monotonic() - firstAt) / 1000)
    through(parse(batch))
  }

  return {
    receive: (origin, text) => {
      if (ingress.length === 0) firstAt = monotonic()
      ingress.push({ origin, text })
      // NOTE: with thousands of sockets ready, libuv may serve them for a second before setImmediate: hence size and age.
      if (ingress.length >= runAtFrames || monotonic() - firstAt >= runAfterMs) {
        run()
      } else if (!scheduled) {
        scheduled = true
        setImmediate(() => {
          scheduled = false
          run()
        })
      }
    },
    submit: (origin, frame) => {
      run()
      through([itemOf(origin, frame)])
    },
    run,
    settled,
    report: () => reportPipeline(metrics),
  }
}
