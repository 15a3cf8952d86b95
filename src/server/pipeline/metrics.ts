import { StageMetrics, type StageQueue, type StageReports } from '../telemetry/stages.ts'

/** The stages of one worker. */
export type PipelineMetrics = {
  readonly parse: StageMetrics
  readonly control: StageMetrics
  readonly filter: StageMetrics
  readonly route: StageMetrics
  readonly persist: StageMetrics
  readonly answer: StageMetrics
}

/** `queues`: where messages wait on a worker. */
export function createPipelineMetrics(queues: {
  readonly ingress: StageQueue
  readonly filter: StageQueue
  readonly persist: StageQueue
}): PipelineMetrics {
  return {
    parse: new StageMetrics({ queue: queues.ingress, waits: true }),
    control: new StageMetrics(),
    filter: new StageMetrics({ queue: queues.filter, waits: true }),
    route: new StageMetrics(),
    persist: new StageMetrics({ queue: queues.persist, waits: true }),
    answer: new StageMetrics(),
  }
}

export function reportPipeline(metrics: PipelineMetrics): StageReports {
  return {
    parse: metrics.parse.report(),
    control: metrics.control.report(),
    filter: metrics.filter.report(),
    route: metrics.route.report(),
    persist: metrics.persist.report(),
    answer: metrics.answer.report(),
  }
}
