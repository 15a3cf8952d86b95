import { Argument } from 'commander'
import type { Experiment } from '../../chaos/experiment/experiment.ts'
import { lasting } from '../../chaos/experiment/plan.ts'
import { longest } from '../../chaos/experiment/schema-method.ts'
import { shippedExperimentNames } from '../../chaos/experiment/shipped.ts'
import { durationMs } from '../../chaos/yaml/units.ts'
import { KfError } from '../../core/errors.ts'
import { offering } from '../offered.ts'
import type { CommandContext } from './table.ts'

/** `<scenario>` or `<scenarios...>`, for which shells offer the shipped names. */
export function scenarioArgument(name: string, { texts }: CommandContext): Argument {
  return offering(new Argument(name, texts.chaosScenarios.scenario), shippedExperimentNames)
}

/** `--seed`. Throws `usage`. */
export function readSeed(text: string): number {
  const seed = Number(text)
  if (/^\d+$/.test(text) && seed <= 2 ** 32 - 1) return seed
  throw new KfError('usage', `--seed ${text}: a whole number from 0 to ${2 ** 32 - 1} is needed`, {
    hint: "leave it out for the scenario's own",
  })
}

/** `--for`: a scenario whose random faults go on for so long. Throws `usage`, also where it draws none. */
export function withFor(experiment: Experiment, text: string | undefined): Experiment {
  if (text === undefined) return experiment
  const forMs = durationMs(text)
  if (forMs === undefined || forMs < 1_000 || forMs > longest) {
    throw new KfError('usage', `--for ${text}: a time from 1s to 24h is needed, such as 90s or 10m`, {
      hint: "leave it out for the scenario's own",
    })
  }
  const longer = lasting(experiment, forMs)
  if (longer !== undefined) return longer
  throw new KfError('usage', `--for ${text}: ${experiment.name} has no random faults`, {
    hint: 'its method says how long it takes; kitchen-sink can go on for as long as asked',
  })
}

/** A whole number within bounds, given by an option. Throws `usage`. */
export function readWhole(option: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new KfError('usage', `${option} ${text}: a whole number from ${min} to ${max} is needed`, {
    hint: 'leave it out for the default',
  })
}
