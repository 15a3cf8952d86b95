import { faultKinds } from '../fault/kinds.ts'
import type { Action, Experiment, Timeline } from './experiment.ts'
import { shrink } from './fuzz-shrink.ts'
import { experimentText } from './fuzz-write.ts'
import type { Kinds } from './load-facts.ts'
import { planTimeline } from './plan.ts'
import type { ExperimentResult } from './result.ts'

export type FuzzOptions = {
  /** Its random faults are drawn from; its probes are left out, since a schedule that nobody chose may be slow. */
  readonly base: Experiment
  readonly seeds: readonly number[]
  /** Runs that shrinking one failure may take. */
  readonly mostTries: number
  readonly kinds?: Kinds
}

export type FuzzPorts = {
  readonly run: (experiment: Experiment, timeline: Timeline) => Promise<Ran>
  readonly stopped: () => boolean
  readonly onEvent: (event: FuzzEvent) => void
}
export type Ran = Pick<ExperimentResult, 'status' | 'leftFaults' | 'reasons'> & {
  readonly verdicts: readonly Pick<ExperimentResult['verdicts'][number], 'invariant' | 'status'>[]
}

export type FuzzEvent =
  | { readonly t: 'seed'; readonly seed: number; readonly timeline: Timeline }
  | { readonly t: 'passed' | 'unknown'; readonly seed: number; readonly reasons: readonly string[] }
  | { readonly t: 'failed'; readonly seed: number; readonly broken: readonly string[] }
  | { readonly t: 'shrinking'; readonly seed: number; readonly faults: number; readonly tries: number }
  | { readonly t: 'shrunk'; readonly found: Found }

/** A schedule that breaks promises, as short as it could be made. */
export type Found = {
  readonly seed: number
  readonly broken: readonly string[]
  readonly experiment: Experiment
  /** The scenario's file. */
  readonly text: string
  readonly tries: number
  readonly faultsBefore: number
}

export type Fuzzed = {
  readonly passed: readonly number[]
  readonly unknown: readonly number[]
  readonly found: readonly Found[]
}

/** Runs the schedule of each seed; one that breaks a promise is shrunk and given as a scenario. Ends early when stopped. */
export async function fuzz(options: FuzzOptions, ports: FuzzPorts): Promise<Fuzzed> {
  const { base, seeds, kinds = faultKinds } = options
  const passed: number[] = []
  const unknown: number[] = []
  const found: Found[] = []
  for (const seed of seeds) {
    if (ports.stopped()) break
    const drawn = planTimeline(base, kinds, seed)
    ports.onEvent({ t: 'seed', seed, timeline: drawn })
    const experiment = fixed(base, drawn, seed, kinds)
    const ran = await ports.run(experiment, planTimeline(experiment, kinds, seed))
    const broken = brokenBy(ran)
    if (broken.length > 0) {
      ports.onEvent({ t: 'failed', seed, broken })
      const shrunk = await shortest(experiment, broken, options, ports)
      found.push(shrunk)
      ports.onEvent({ t: 'shrunk', found: shrunk })
    } else {
      const sure = ran.status === 'pass'
      if (sure) passed.push(seed)
      else unknown.push(seed)
      ports.onEvent({ t: sure ? 'passed' : 'unknown', seed, reasons: ran.reasons })
    }
  }
  return { passed, unknown, found }
}

/** The promises that a run broke. What could not be judged is no failure to chase. */
export function brokenBy({ verdicts, leftFaults }: Ran): readonly string[] {
  const broken = verdicts.filter(({ status }) => status === 'fail').map(({ invariant }) => invariant)
  return leftFaults.length > 0 ? [...broken, 'healed'] : broken
}

/** The same with every fault of a timeline at its time, nothing left to draw, and no probes. */
export function fixed(base: Experiment, { steps }: Timeline, seed: number, kinds: Kinds): Experiment {
  const { random: _random, ...rest } = base
  const method = steps.map(
    ({ at, until, fault, on, params }): Action => ({
      at: { ms: at },
      fault,
      on,
      ...(until === undefined ? {} : { forMs: until - at }),
      params,
    }),
  )
  const { checks } = base
  return withMethod(
    { ...rest, seed, probes: [], checks: { ...checks, minimum: { acks: 100, retries: 0, resumes: 0 } } },
    method,
    kinds,
  )
}

// Where the store never fails there is no false ack to look for.
function withMethod(experiment: Experiment, method: readonly Action[], kinds: Kinds): Experiment {
  const storeFails = method.some(({ fault }) => kinds.get(fault)?.storeCannotCommit === true)
  const { checks } = experiment
  const invariants = checks.invariants.filter((one) => storeFails || one !== 'no_false_ack')
  return { ...experiment, method, checks: { ...checks, invariants } }
}

async function shortest(
  failing: Experiment,
  broken: readonly string[],
  { mostTries, kinds = faultKinds }: FuzzOptions,
  ports: FuzzPorts,
): Promise<Found> {
  const { seed } = failing
  let tries = 0
  const { actions } = await shrink(failing.method, {
    mostTries,
    fits,
    fails: async (method) => {
      if (ports.stopped()) return false
      tries += 1
      ports.onEvent({ t: 'shrinking', seed, faults: method.length, tries })
      const candidate = withMethod(failing, method, kinds)
      const now = brokenBy(await ports.run(candidate, planTimeline(candidate, kinds, seed)))
      // Another promise broken is another failure.
      return now.some((one) => broken.includes(one))
    },
  })
  const named = { ...failing, name: `fuzz-${seed}`, title: titleOf(broken), tags: [] }
  const experiment = withMethod(named, actions, kinds)
  return {
    seed,
    broken,
    experiment,
    tries,
    faultsBefore: failing.method.length,
    text: experimentText(experiment, [
      `Found by kf chaos fuzz: seed ${seed}, ${failing.method.length} faults, shrunk to ${actions.length} by ${tries} runs.`,
    ]),
  }
}

function titleOf(broken: readonly string[]): string {
  return `Is ${broken.join(', ')} still broken by this?`
}

/** No kind of fault twice at a time on the same thing. */
export function fits(actions: readonly Action[]): boolean {
  const ends = new Map<string, number>()
  for (const { at, fault, on, forMs } of actions) {
    if (forMs === undefined) continue
    const begins = 'ms' in at ? at.ms : at.fromMs
    const what = `${fault} ${on}`
    if ((ends.get(what) ?? Number.NEGATIVE_INFINITY) > begins) return false
    ends.set(what, begins + forMs)
  }
  return true
}
