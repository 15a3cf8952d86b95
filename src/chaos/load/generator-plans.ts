import type { RunningTarget } from '../targets/target.ts'
import type { GeneratorPlan } from './ipc.ts'
import { portRange } from './machine.ts'
import type { RowPlan } from './row-plan.ts'

/** A send without an ack after this long is an error. */
export const ackWithinMs = 5_000

/** Splits visitors and agents evenly over the generators of a run. */
export function generatorPlans(
  plan: RowPlan,
  target: RunningTarget,
  clock: { readonly zeroNs: bigint; readonly zeroWallMs: number; readonly probePort: number },
): readonly GeneratorPlan[] {
  const count = plan.generators
  const share = (total: number, n: number): number =>
    Math.floor((total * (n + 1)) / count) - Math.floor((total * n) / count)
  const first = (total: number, n: number): number => Math.floor((total * n) / count)
  const agents = target.agentTokens.length
  const spread = needsSources(plan.visitors + agents, target)
  return Array.from({ length: count }, (_, n) => ({
    generator: n,
    dialect: plan.target.dialect,
    addresses: target.addresses,
    localAddress: spread ? `127.0.1.${n + 1}` : undefined,
    mode: plan.mode,
    intervalMs: plan.intervalMs,
    seed: plan.seed,
    run: Math.floor(clock.zeroWallMs) & 0xfff,
    site: target.site,
    firstVisitor: first(plan.visitors, n),
    visitors: share(plan.visitors, n),
    firstAgent: first(agents, n),
    agentTokens: target.agentTokens.slice(first(agents, n), first(agents, n) + share(agents, n)),
    answers: plan.answers,
    ackWithinMs,
    flows: plan.flows,
    trouble: plan.trouble,
    ...clock,
  }))
}

// Each source address has ephemeral ports of its own. NOTE: a bound source costs Linux a search for a port per connection
// (13 s of CPU for 20,000, measured), where an unbound one costs nothing: so only where one address has too few ports.
function needsSources(connections: number, target: RunningTarget): boolean {
  const [first, last] = portRange()
  const loopback = target.addresses.every((address) => address.host.startsWith('127.'))
  return loopback && connections / target.addresses.length > (last - first) * 0.9
}
