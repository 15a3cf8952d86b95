import type { Clock } from '../../core/clock.ts'
import type { Answer, DeskCommand } from '../bus/wire.ts'
import type { PipelineConfig } from '../config/pipeline.ts'
import { StageMetrics, type StageReport } from '../telemetry/stages.ts'
import { createLanes } from './lanes.ts'

export type DeskStage = {
  readonly command: (command: DeskCommand) => Promise<Answer>
  readonly report: () => StageReport
}

export type DeskStageOptions = PipelineConfig['desk'] & {
  /** Carries one out; resolves after the commit. */
  readonly command: (command: DeskCommand) => Promise<Answer>
  /** A command without an outcome for so long is answered `unavailable`: its sender asks again with the same id. */
  readonly withinMs: number
  readonly clock: Pick<Clock, 'monotonic' | 'after'>
}

const retryAfterMs = 1_000

type Task = {
  readonly command: DeskCommand
  readonly answered: (answer: Answer) => void
  readonly failed: (error: unknown) => void
}

/**
 * Agents' commands in the writer: each waits for two commits, so a bounded number is under way at a time, those of one
 * conversation one after the other. A full queue answers `busy`.
 */
export function createDeskStage(options: DeskStageOptions): DeskStage {
  const { clock } = options
  const metrics = new StageMetrics({
    queue: {
      depth: () => lanes.waiting(),
      get limit() {
        return options.queue
      },
    },
    waits: true,
  })
  const lanes = createLanes<Task>({
    get concurrency() {
      return options.concurrency
    },
    get queue() {
      return options.queue
    },
    batch: 1,
    withinMs: options.withinMs,
    laneOf: ({ command }) => command.conversation,
    work: async ([task]) => {
      if (task === undefined) return
      // A command that throws is its own answer, not the stage's.
      await options.command(task.command).then(task.answered, task.failed)
    },
    done: (batch, waited) => {
      metrics.out += batch.length
      for (const ms of waited ?? []) metrics.wait?.observe(ms / 1000)
    },
    refused: (task, why) => {
      metrics.refused[why]++
      task.answered(
        why === 'full'
          ? { status: 'failed', code: 'busy', message: 'too many commands wait for the desk', retryAfterMs }
          : {
              status: 'failed',
              code: 'unavailable',
              message: `the desk had no outcome within ${options.withinMs / 1000} s; send the same id again`,
              retryAfterMs,
            },
      )
    },
    onFailure: () => undefined,
    clock,
  })
  return {
    command: (command) => {
      metrics.in++
      const { promise, resolve, reject } = Promise.withResolvers<Answer>()
      lanes.push([{ command, answered: resolve, failed: reject }])
      return promise
    },
    report: () => metrics.report(),
  }
}
