import type { Clock } from '../../core/clock.ts'
import { defaultPipeline, type PipelineConfig } from '../config/pipeline.ts'
import type { MessageLimits } from '../limits/filter.ts'
import { createShedder } from '../limits/shedding.ts'
import type { StageQueue, StageReports } from '../telemetry/stages.ts'
import { createAdmit } from './admit.ts'
import { createFilter, type Filter, rolesFilter } from './filter.ts'
import { createLanes } from './lanes.ts'
import { measured } from './measured.ts'
import { createPipelineMetrics, reportPipeline } from './metrics.ts'
import { createParse, itemOf } from './parse.ts'
import { createPersist, type PersistPorts } from './persist.ts'
import { createRefuser } from './refusal.ts'
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
  /** Messages that wait for filters, or that filters work on. */
  readonly held: () => number
  /** New messages are refused early. */
  readonly shedding: () => boolean
  readonly report: () => StageReports
}

export type PipelinePorts = Omit<PersistPorts, 'monotonic'> & {
  readonly filters: readonly Filter[]
  /** Absent: nobody is limited. */
  readonly limits?: MessageLimits
  /** 0 … 1, for spreading retries. */
  readonly random: () => number
  readonly clock: Pick<Clock, 'monotonic' | 'after'>
  /** A filter threw. */
  readonly onFailure: (error: unknown) => void
  /** Requests that the writer has not answered, and how many may wait. */
  readonly pending?: StageQueue
  /** Read whenever a value is needed: it may change. */
  readonly config?: PipelineConfig
}

const runAfterMs = 1

/** The four stages in a row, over batches. */
export function createPipeline(ports: PipelinePorts): Pipeline {
  const { config = defaultPipeline, random, clock } = ports
  const { monotonic } = clock
  let ingress: Received[] = []
  let firstAt = 0
  let scheduled = false
  const metrics = createPipelineMetrics({
    ingress: {
      depth: () => ingress.length,
      get limit() {
        return config.ingress.batch
      },
    },
    filter: {
      depth: () => lanes.waiting(),
      get limit() {
        return config.filter.queue
      },
    },
    persist: ports.pending ?? { depth: () => 0 },
  })
  const shedder = createShedder({
    get targetMs() {
      return config.persist.target
    },
    get intervalMs() {
      return config.persist.interval
    },
    random,
  })
  const refuser = createRefuser({ shedder, monotonic, underWay: () => lanes.held() })

  const parse = createParse({ limits: ports.limits, metrics, monotonic })
  const { persist, settled, waitedMs } = createPersist({
    ...ports,
    monotonic,
    metrics,
    refuser,
    served: shedder.served,
  })
  const admit = createAdmit({
    refuser,
    limits: ports.limits,
    shedder,
    waitedMs,
    monotonic,
    metrics: metrics.filter,
  })
  const filter = createFilter([rolesFilter, ...ports.filters])
  const routed = measured(route, metrics.route, monotonic)
  const lanes = createLanes<Item>({
    get concurrency() {
      return config.filter.concurrency
    },
    get queue() {
      return config.filter.queue
    },
    get withinMs() {
      return config.filter.within
    },
    get batch() {
      return config.ingress.batch
    },
    laneOf: ({ origin: { caller }, frame }) =>
      caller.role === 'agent' ? (frame.conversation ?? caller.id) : caller.id,
    work: (batch) => {
      const began = monotonic()
      const slow = filter(batch)
      metrics.filter.seconds.observe((monotonic() - began) / 1000)
      return slow
    },
    done: (batch, waited) => {
      metrics.filter.out += batch.length
      if (waited !== undefined) for (const ms of waited) metrics.filter.wait?.observe(ms / 1000)
      persist(routed(batch))
    },
    refused: (item, why) => {
      refuser.refuse(item, why, metrics.filter)
    },
    onFailure: ports.onFailure,
    clock,
  })

  const through = (items: readonly Item[]): void => {
    if (items.length === 0) return
    metrics.filter.in += items.length
    const admitted = admit(items)
    if (admitted.length > 0) lanes.push(admitted)
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
      if (ingress.length >= config.ingress.batch || monotonic() - firstAt >= runAfterMs) {
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
    held: lanes.held,
    shedding: shedder.shedding,
    report: () => reportPipeline(metrics),
  }
}
