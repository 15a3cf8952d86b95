import { type Random, seededRandom } from '../load/random.ts'
import type { Action, Experiment, RandomFaults, Range, Timeline, TimelineStep } from './experiment.ts'
import type { Kinds } from './load-facts.ts'

type Planned = Omit<TimelineStep, 'n'>

/**
 * When each fault begins and ends. The same experiment and seed give the same timeline; each entry of the method draws from
 * numbers of its own, so adding one leaves the others where they were.
 */
export function planTimeline(experiment: Experiment, kinds: Kinds, seed: number): Timeline {
  const planned = [
    ...experiment.method.flatMap((action, i) => stepsOf(action, seededRandom(seed, i + 1), kinds)),
    ...(experiment.random === undefined ? [] : drawn(experiment.random, seededRandom(seed, 0), kinds)),
  ].toSorted((a, b) => a.at - b.at)
  const steps = planned.map((step, i) => ({ n: i + 1, ...step }))
  const faultsEndMs = Math.max(0, ...steps.map((step) => endOf(step, kinds)))
  return {
    baselineMs: steps[0]?.at ?? 0,
    faultsEndMs,
    endsMs: faultsEndMs + experiment.recoveryMs,
    steps,
  }
}

/** The same with its random faults for so long; its guard waits for them. Undefined where it draws none. */
export function lasting(experiment: Experiment, forMs: number): Experiment | undefined {
  const { random, safety } = experiment
  if (random === undefined) return undefined
  const ttlMs = safety.ttlMs + Math.max(0, forMs - random.forMs)
  return { ...experiment, random: { ...random, forMs }, safety: { ...safety, ttlMs } }
}

function stepsOf(action: Action, random: Random, kinds: Kinds): readonly Planned[] {
  const { at, fault, on, forMs, repeat, params } = action
  const first = 'ms' in at ? at.ms : within(at, random)
  return Array.from({ length: repeat?.times ?? 1 }, (_, i) => {
    const begins = first + i * (repeat?.everyMs ?? 0)
    return step({ fault, on, params }, begins, forMs, kinds)
  })
}

function drawn(plan: RandomFaults, random: Random, kinds: Kinds): readonly Planned[] {
  const { fromMs, forMs, everyMs, choices } = plan
  const steps: Planned[] = []
  for (let at = fromMs; at <= fromMs + forMs; at += Math.max(1, within(everyMs, random))) {
    // What is drawn for a beginning does not depend on what still holds then, so that shorter runs begin as longer ones.
    const [pick, length] = [random(), random()]
    const holding = steps.filter((one) => endOf(one, kinds) >= at)
    const free = choices.filter((choice) => !holding.some((one) => hides(one, choice, kinds)))
    const choice = free[Math.floor(pick * free.length)]
    if (choice === undefined) continue
    const { fault, on, params, lasts } = choice
    steps.push(step({ fault, on, params }, at, lasts && within(lasts, () => length), kinds))
  }
  return steps
}

/**
 * Whether one fault would keep another from being seen: two on the same link, or anything while the processes of a node are
 * in trouble. A fault that cannot be seen makes a run unknown.
 */
function hides(holding: What, other: What, kinds: Kinds): boolean {
  const [mine, its] = [placeOf(holding, kinds), placeOf(other, kinds)]
  return mine === 'node' || mine.startsWith(its) || its.startsWith(mine)
}

type What = Pick<Planned, 'fault' | 'on'>

/** Clients are seen through their own link. */
function placeOf({ fault, on }: What, kinds: Kinds): string {
  const aim = kinds.get(fault)?.on
  return aim === 'link' ? on : aim === 'clients' ? `${on}->` : 'node'
}

function step(
  what: Pick<Planned, 'fault' | 'on' | 'params'>,
  at: number,
  forMs: number | undefined,
  kinds: Kinds,
): Planned {
  const momentary = kinds.get(what.fault)?.momentary ?? forMs === undefined
  return { at, until: forMs === undefined ? undefined : at + forMs, ...what, momentary }
}

/** When a step is over; a momentary one once it must have shown. */
function endOf({ at, until, fault }: Planned, kinds: Kinds): number {
  return until ?? at + (kinds.get(fault)?.showsWithinMs ?? 0)
}

// Whole tenths of a second: a timeline is read by people.
function within({ fromMs, toMs }: Range, random: Random): number {
  return Math.min(toMs, Math.round((fromMs + random() * (toMs - fromMs)) / 100) * 100)
}
