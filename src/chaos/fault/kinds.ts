import type { FaultKind } from './fault.ts'

/**
 * Every fault by name, in the order of `kf chaos list`. Each line adds one: `kind(latency)`. `inject` takes the params as a
 * scenario writes them (`Action.params`, checked when it was loaded) and gives the fault what its own schema makes of them.
 */
export const faultKinds: ReadonlyMap<string, FaultKind> = byName([])

/** One kind among others: what its params are is its own affair. */
export function kind<Params>(one: FaultKind<Params>): FaultKind {
  return { ...one, inject: (context, on, params) => one.inject(context, on, one.params.parse(params)) }
}

function byName(kinds: readonly FaultKind[]): ReadonlyMap<string, FaultKind> {
  return new Map(kinds.map((one) => [one.name, one]))
}
