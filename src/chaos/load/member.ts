import type { FromGenerator, GeneratorPlan, ToGenerator } from './ipc.ts'

/** One generator process of a fleet, wherever it runs: forked here (`local-member.ts`), or lent by a host (`remote-host.ts`). */
export type Member = {
  readonly plan: GeneratorPlan
  /** Where it runs, as the operator named it; undefined: here. */
  readonly host: string | undefined
  /** Does nothing once it has ended. */
  readonly tell: (message: ToGenerator) => void
  /** Calls `listener` with what it says from now on; the result takes that back. */
  readonly onMessage: (listener: (message: FromGenerator) => void) => () => void
  /** Calls `listener` once with how it ended: at once when it has. The result takes that back. */
  readonly onEnd: (listener: (how: string) => void) => () => void
  /** Lets it leave, then ends it; idempotent, and bounded to a few seconds. */
  readonly stop: () => Promise<void>
}
