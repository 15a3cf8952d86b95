import { KfError } from '../core/errors.ts'

/** Exit codes of kf: documented in docs/operations.md, never renumbered. */
export const exitCodes = {
  done: 0,
  failed: 1,
  differences: 2,
  conflict: 3,
  partly: 4,
  violated: 5,
  invalid: 6,
  interrupted: 130,
} as const

/** Error codes with an exit code of their own; every other error is 1. */
const byErrorCode: Readonly<Record<string, number>> = {
  config_differs: exitCodes.differences,
  revision_conflict: exitCodes.conflict,
  partly_applied: exitCodes.partly,
  threshold_violated: exitCodes.violated,
  invariant_violated: exitCodes.violated,
  measurement_invalid: exitCodes.invalid,
  interrupted: exitCodes.interrupted,
}

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof KfError) || !Object.hasOwn(byErrorCode, error.code)) return exitCodes.failed
  return byErrorCode[error.code] ?? exitCodes.failed
}
