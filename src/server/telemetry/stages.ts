import { Histogram, type HistogramReport, secondsBounds } from './histogram.ts'

/** The stages of a message in the order it passes them; the last two stand in the writer. `control`: frames beside the pipeline. */
export const stageNames = [
  'parse',
  'control',
  'filter',
  'route',
  'persist',
  'answer',
  'desk',
  'commit',
] as const
export type StageName = (typeof stageNames)[number]

/** Why a stage let something go no further. */
export const refusals = {
  invalid: 'the frame could not be read',
  shed: 'the store is slower than its target: refused early',
  lane: 'an earlier message of the conversation was refused and has not come again yet',
  limited: 'over a rate limit',
  full: 'the queue of the stage is full',
  late: 'no outcome within the deadline of the stage',
  failed: 'the stage failed: a defect, or a store that could not tell the outcome',
} as const
export type Refusal = keyof typeof refusals

/** What one stage of one process counts. Plain numbers, written by the stage itself. */
export class StageMetrics {
  in = 0
  out = 0
  readonly refused: { [Reason in Refusal]: number } = {
    invalid: 0,
    shed: 0,
    lane: 0,
    limited: 0,
    full: 0,
    late: 0,
    failed: 0,
  }
  /** Seconds of work on one batch. */
  readonly seconds = new Histogram(secondsBounds)
  /** Seconds that one message waited for this stage, or in it for what it asked. */
  readonly wait: Histogram | undefined
  readonly #queue: StageQueue | undefined

  constructor(options: { readonly queue?: StageQueue; readonly waits?: boolean } = {}) {
    this.#queue = options.queue
    this.wait = options.waits === true ? new Histogram(secondsBounds) : undefined
  }

  report(): StageReport {
    return {
      in: this.in,
      out: this.out,
      refused: { ...this.refused },
      seconds: this.seconds.report(),
      ...(this.wait === undefined ? {} : { wait: this.wait.report() }),
      ...(this.#queue === undefined
        ? {}
        : { queue: { depth: this.#queue.depth(), limit: this.#queue.limit ?? null } }),
    }
  }
}

/** Where a stage lets things wait: how many do, and how many may; without a limit of its own, the stages before it bound it. */
export type StageQueue = { readonly depth: () => number; readonly limit?: number }

/** Counters since the process started. */
export type StageReport = {
  readonly in: number
  readonly out: number
  readonly refused: { readonly [Reason in Refusal]: number }
  readonly seconds: HistogramReport
  readonly wait?: HistogramReport
  readonly queue?: { readonly depth: number; readonly limit: number | null }
}

export type StageReports = { readonly [Name in StageName]?: StageReport }
