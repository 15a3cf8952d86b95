import type { FlowCount, GeneratorResult } from './ipc.ts'

/** What visitors went through, over the whole run, warm-up included. */
export type Visits = {
  /** Connections lost or cut, and those of them that were ready again later. */
  readonly reconnects: number
  readonly resumes: number
  readonly flows: readonly FlowCount[]
  /** Flows meant to begin, whose visitors were still walking when the run ended. */
  readonly flowsNotBegun: number
}

export function visitsOf(results: readonly GeneratorResult[]): Visits {
  const sum = (field: 'reconnects' | 'resumes' | 'flowsNotBegun'): number =>
    results.reduce((total, result) => total + result[field], 0)
  const first = results[0]?.flows ?? []
  const flows = first.map(({ name }, i) => {
    const add = (field: Exclude<keyof FlowCount, 'name'>): number =>
      results.reduce((total, result) => total + (result.flows[i]?.[field] ?? 0), 0)
    const ended = { finished: add('finished'), failed: add('failed'), cutShort: add('cutShort') }
    return { name, started: add('started'), ...ended }
  })
  return {
    reconnects: sum('reconnects'),
    resumes: sum('resumes'),
    flows,
    flowsNotBegun: sum('flowsNotBegun'),
  }
}
