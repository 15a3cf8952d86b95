/** Worker numbers, ascending. Equal sets are one array, so that 20,000 visitors hold a handful of them. */
export type WorkerSet = readonly number[]

export type WorkerSets = {
  readonly none: WorkerSet
  /** The same array when `worker` is in it already. */
  readonly with: (set: WorkerSet, worker: number) => WorkerSet
  /** The same array when `worker` is not in it. */
  readonly without: (set: WorkerSet, worker: number) => WorkerSet
}

export function createWorkerSets(): WorkerSets {
  const none: WorkerSet = []
  const interned = new Map<string, WorkerSet>([['', none]])

  const intern = (set: WorkerSet): WorkerSet => {
    if (set.length === 0) return none
    const key = set.join(',')
    const known = interned.get(key)
    if (known !== undefined) return known
    interned.set(key, set)
    return set
  }

  return {
    none,
    with: (set, worker) => {
      if (set.includes(worker)) return set
      return intern([...set, worker].sort((a, b) => a - b))
    },
    without: (set, worker) => {
      if (!set.includes(worker)) return set
      return set.length === 1 ? none : intern(set.filter((other) => other !== worker))
    },
  }
}
