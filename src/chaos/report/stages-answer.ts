/** One answer, as far as it is used here. */
export type StagesAnswer = {
  readonly processes: readonly ProcessAnswer[]
}

export type ProcessAnswer = {
  readonly name: string
  readonly loop: { readonly p99: number; readonly max: number; readonly busy: number } | null
  readonly stages: Readonly<Record<string, StageAnswer>>
  readonly store: { readonly batch: Buckets; readonly sync: Buckets } | null
}

export type StageAnswer = {
  readonly in: number
  readonly out: number
  readonly refused: number
  readonly seconds: Buckets
  readonly wait: Buckets | null
  readonly queue: { readonly depth: number; readonly limit: number | null } | null
}

/** Counts by upper bound, one more than bounds for what lies above the last. */
export type Buckets = {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}

/** Reads an answer of `GET /admin/stages`; null for anything else. */
export function readStages(raw: unknown): StagesAnswer | null {
  if (!isRecord(raw) || !Array.isArray(raw['processes'])) return null
  return { processes: raw['processes'].flatMap((one: unknown) => (isRecord(one) ? [processOf(one)] : [])) }
}

/** What waits before a stage now, over all processes; null where no process says so. */
export function queueOf(
  answer: StagesAnswer,
  stage: string,
): { readonly depth: number; readonly limit: number | null } | null {
  const queues = answer.processes.flatMap(({ stages }) => stages[stage]?.queue ?? [])
  if (queues.length === 0) return null
  const limits = queues.map(({ limit }) => limit)
  return {
    depth: queues.reduce((sum, { depth }) => sum + depth, 0),
    limit: limits.includes(null) ? null : limits.reduce<number>((sum, limit) => sum + (limit ?? 0), 0),
  }
}

/** What was counted in between. A process that was replaced counts from zero again: then all it counts is new. */
export function grownBuckets(now: Buckets, was: Buckets | undefined): Buckets {
  const restarted = was === undefined || now.counts.some((count, i) => count < (was.counts[i] ?? 0))
  if (restarted) return now
  return {
    bounds: now.bounds,
    counts: now.counts.map((count, i) => count - (was.counts[i] ?? 0)),
    sum: now.sum - was.sum,
  }
}

export function added(list: readonly Buckets[]): Buckets {
  const bounds = list[0]?.bounds ?? []
  const counts = Array.from({ length: bounds.length + 1 }, (_, i) =>
    list.reduce((sum, one) => sum + (one.counts[i] ?? 0), 0),
  )
  return { bounds, counts, sum: list.reduce((sum, one) => sum + one.sum, 0) }
}

/** Interpolated within its bucket, as Prometheus does; above the last bound it is that bound. Null while nothing was counted. */
export function quantile(buckets: Buckets, q: number): number | null {
  const count = total(buckets)
  if (count === 0) return null
  let below = 0
  for (const [i, inBucket] of buckets.counts.entries()) {
    if (inBucket > 0 && below + inBucket >= q * count) {
      const from = buckets.bounds[i - 1] ?? 0
      return from + ((buckets.bounds[i] ?? from) - from) * ((q * count - below) / inBucket)
    }
    below += inBucket
  }
  return buckets.bounds.at(-1) ?? null
}

export function total({ counts }: Buckets): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

function processOf(raw: Readonly<Record<string, unknown>>): ProcessAnswer {
  const { loop, store, stages } = raw
  const number = typeof raw['worker'] === 'number' ? ` ${raw['worker']}` : ''
  return {
    name: `${typeof raw['role'] === 'string' ? raw['role'] : ''}${number}`,
    loop: isRecord(loop)
      ? { p99: numberIn(loop, 'p99'), max: numberIn(loop, 'max'), busy: numberIn(loop, 'busy') }
      : null,
    stages: isRecord(stages)
      ? Object.fromEntries(
          Object.entries(stages).flatMap(([name, stage]) =>
            isRecord(stage) ? [[name, stageOf(stage)]] : [],
          ),
        )
      : {},
    store: isRecord(store) ? { batch: bucketsOf(store['batch']), sync: bucketsOf(store['sync']) } : null,
  }
}

function stageOf(raw: Readonly<Record<string, unknown>>): StageAnswer {
  const { refused, wait, queue } = raw
  return {
    in: numberIn(raw, 'in'),
    out: numberIn(raw, 'out'),
    refused: isRecord(refused)
      ? Object.keys(refused).reduce((sum, reason) => sum + numberIn(refused, reason), 0)
      : 0,
    seconds: bucketsOf(raw['seconds']),
    wait: isRecord(wait) ? bucketsOf(wait) : null,
    queue: isRecord(queue)
      ? {
          depth: numberIn(queue, 'depth'),
          limit: typeof queue['limit'] === 'number' ? queue['limit'] : null,
        }
      : null,
  }
}

function bucketsOf(raw: unknown): Buckets {
  if (!isRecord(raw)) return { bounds: [], counts: [], sum: 0 }
  return { bounds: numbers(raw['bounds']), counts: numbers(raw['counts']), sum: numberIn(raw, 'sum') }
}

function numbers(raw: unknown): readonly number[] {
  return Array.isArray(raw) ? raw.map((one: unknown) => (typeof one === 'number' ? one : 0)) : []
}

function numberIn(record: Readonly<Record<string, unknown>>, key: string): number {
  const value = record[key]
  return typeof value === 'number' ? value : 0
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
