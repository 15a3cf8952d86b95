import { Argument } from 'commander'
import { shippedExperimentNames } from '../../chaos/experiment/shipped.ts'
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

/** A whole number within bounds, given by an option. Throws `usage`. */
export function readWhole(option: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new KfError('usage', `${option} ${text}: a whole number from ${min} to ${max} is needed`, {
    hint: 'leave it out for the default',
  })
}
