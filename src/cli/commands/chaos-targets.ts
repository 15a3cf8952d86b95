import type { Experiment } from '../../chaos/experiment/experiment.ts'
import { isLoopback } from '../../chaos/targets/loopback.ts'
import { KfError } from '../../core/errors.ts'

/**
 * Throws `beyond_loopback` for a scenario that would break another host, unless its operator says so twice: by `--yes-really`
 * and in the scenario's `safety.allow_targets`.
 */
export function refuseOtherHosts(experiment: Experiment, yesReally: boolean): void {
  const { topology, safety, name } = experiment
  if (topology.kind !== 'attached') return
  for (const address of [topology.url, topology.toxiproxy]) {
    const host = new URL(address).hostname
    if (isLoopback(host)) continue
    const allowed = safety.allowTargets.includes(host)
    if (allowed && yesReally) continue
    throw new KfError('beyond_loopback', `${name}: ${address} is not on this host`, {
      hint: allowed
        ? 'faults take a server down; add --yes-really if it is yours to break'
        : `faults take a server down; if it is yours to break, add ${host} to safety.allow_targets and --yes-really`,
      params: { name, address, host, allowed: String(allowed) },
    })
  }
}
