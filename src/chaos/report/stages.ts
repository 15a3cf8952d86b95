import {
  added,
  grownBuckets,
  type ProcessAnswer,
  quantile,
  queueOf,
  type StageAnswer,
  type StagesAnswer,
  total,
} from './stages-answer.ts'

/** What a server's own stages did within the measured window, from two answers of its `GET /admin/stages`. */
export type StagesReading = {
  /** Between the two answers. Each process reports once a second, so counts are up to a second old. */
  readonly seconds: number
  readonly stages: readonly StageReading[]
  readonly loops: readonly LoopReading[]
  readonly store: StoreReading | null
}

export type StageReading = {
  readonly stage: string
  readonly in: number
  readonly out: number
  readonly refused: number
  readonly batches: number
  /** Work of this stage over all processes, for one message that came in; null when none did. */
  readonly us_per_message: number | null
  /** How long one message waited for the stage, or in it for what it asked; null where it does not wait. */
  readonly waited_p50_ms: number | null
  readonly waited_p99_ms: number | null
  /** The deepest its queue was seen, once a second, and how deep it may be; null where it has none. */
  readonly queue_depth: number | null
  readonly queue_limit: number | null
}

/** How late a process's loop was: the worst of all seconds, and how busy it was on average (0 … 1). */
export type LoopReading = {
  readonly process: string
  readonly p99_ms: number
  readonly max_ms: number
  readonly busy: number
}

export type StoreReading = {
  readonly commits: number
  readonly operations_per_commit: number | null
  readonly sync_p50_ms: number | null
  readonly sync_p99_ms: number | null
}

/** In the order a message passes them. */
const order = ['parse', 'control', 'filter', 'route', 'persist', 'answer', 'desk', 'commit'] as const

/** The window between the first answer and the last; all of them say how deep queues and how late loops were. */
export function stagesBetween(answers: readonly StagesAnswer[], seconds: number): StagesReading | null {
  const [from, to] = [answers[0], answers.at(-1)]
  if (from === undefined || to === undefined || answers.length < 2) return null
  const names = order.filter((name) => to.processes.some(({ stages }) => stages[name] !== undefined))
  return {
    seconds,
    stages: names.map((name) => stageReading(name, from, to, answers)),
    loops: to.processes.flatMap(({ name }) => loopReading(name, answers)),
    store: storeReading(from, to),
  }
}

function stageReading(
  name: string,
  from: StagesAnswer,
  to: StagesAnswer,
  answers: readonly StagesAnswer[],
): StageReading {
  const spans = to.processes.flatMap((process) => {
    const now = process.stages[name]
    return now === undefined ? [] : [{ now, was: processNamed(from, process.name)?.stages[name] }]
  })
  const grown = (pick: (stage: StageAnswer) => number): number =>
    spans.reduce((sum, { now, was }) => sum + pick(now) - (was === undefined ? 0 : pick(was)), 0)
  const work = added(spans.map(({ now, was }) => grownBuckets(now.seconds, was?.seconds)))
  const waits = added(
    spans.flatMap(({ now, was }) =>
      now.wait === null ? [] : [grownBuckets(now.wait, was?.wait ?? undefined)],
    ),
  )
  const queues = answers.flatMap((answer) => queueOf(answer, name) ?? [])
  const taken = grown((stage) => stage.in)
  return {
    stage: name,
    in: taken,
    out: grown((stage) => stage.out),
    refused: grown((stage) => stage.refused),
    batches: total(work),
    us_per_message: taken > 0 ? rounded((work.sum * 1e6) / taken) : null,
    waited_p50_ms: milliseconds(quantile(waits, 0.5)),
    waited_p99_ms: milliseconds(quantile(waits, 0.99)),
    queue_depth: queues.length === 0 ? null : Math.max(...queues.map(({ depth }) => depth)),
    queue_limit: queues.at(-1)?.limit ?? null,
  }
}

function loopReading(name: string, answers: readonly StagesAnswer[]): readonly LoopReading[] {
  const loops = answers.flatMap((answer) => processNamed(answer, name)?.loop ?? [])
  if (loops.length === 0) return []
  return [
    {
      process: name,
      p99_ms: rounded(Math.max(...loops.map(({ p99 }) => p99)) * 1000),
      max_ms: rounded(Math.max(...loops.map(({ max }) => max)) * 1000),
      busy: rounded(loops.reduce((sum, { busy }) => sum + busy, 0) / loops.length),
    },
  ]
}

function storeReading(from: StagesAnswer, to: StagesAnswer): StoreReading | null {
  const process = to.processes.find(({ store }) => store !== null)
  if (process?.store === null || process === undefined) return null
  const was = processNamed(from, process.name)?.store
  const batch = grownBuckets(process.store.batch, was?.batch)
  const sync = grownBuckets(process.store.sync, was?.sync)
  const commits = total(batch)
  return {
    commits,
    operations_per_commit: commits === 0 ? null : rounded(batch.sum / commits),
    sync_p50_ms: milliseconds(quantile(sync, 0.5)),
    sync_p99_ms: milliseconds(quantile(sync, 0.99)),
  }
}

function processNamed(answer: StagesAnswer, name: string): ProcessAnswer | undefined {
  return answer.processes.find((process) => process.name === name)
}

function milliseconds(seconds: number | null): number | null {
  return seconds === null ? null : rounded(seconds * 1000)
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
