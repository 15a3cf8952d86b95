/**
 * `[pipeline]` of server.toml: how many, how long, in what batches. Only what waits has a queue and a concurrency of its own:
 * parse and route are plain work on a worker's loop, so their concurrency is `workers`; persist is one transaction at a time,
 * since its store has one writer.
 */
export type PipelineConfig = {
  readonly [Section in keyof typeof pipelineKeys]: {
    readonly [Key in keyof (typeof pipelineKeys)[Section]]: number
  }
}

export type NumberKey = {
  readonly default: number
  readonly min: number
  readonly max: number
  readonly help: string
}

const ingress = {
  batch: { default: 64, min: 1, max: 1_024, help: "frames that start a batch before the loop's turn ends" },
} as const
const filter = {
  concurrency: { default: 4, min: 1, max: 256, help: 'batches with slow filters (plugins) at a time' },
  queue: { default: 8_192, min: 1, max: 1_000_000, help: 'messages of a worker that may wait for filters' },
  within_ms: { default: 2_000, min: 10, max: 60_000, help: 'ms that filters may take for a batch' },
} as const
const desk = {
  concurrency: { default: 64, min: 1, max: 10_000, help: "agents' commands carried out at a time" },
  queue: { default: 4_096, min: 1, max: 1_000_000, help: 'commands that may wait for that' },
} as const
const persist = {
  queue: { default: 32_768, min: 64, max: 1_000_000, help: 'requests of a worker without an answer' },
  batch: { default: 2_000, min: 1, max: 20_000, help: 'operations in one transaction' },
  target_ms: { default: 500, min: 10, max: 60_000, help: 'ms of delay in persist that may stand' },
  interval_ms: {
    default: 1_000,
    min: 10,
    max: 60_000,
    help: 'ms it must stand above that until new messages are refused',
  },
} as const

export const pipelineKeys = { ingress, filter, desk, persist } satisfies Record<
  string,
  Record<string, NumberKey>
>

export const defaultPipeline: PipelineConfig = {
  ingress: { batch: ingress.batch.default },
  filter: {
    concurrency: filter.concurrency.default,
    queue: filter.queue.default,
    within_ms: filter.within_ms.default,
  },
  desk: { concurrency: desk.concurrency.default, queue: desk.queue.default },
  persist: {
    queue: persist.queue.default,
    batch: persist.batch.default,
    target_ms: persist.target_ms.default,
    interval_ms: persist.interval_ms.default,
  },
}
