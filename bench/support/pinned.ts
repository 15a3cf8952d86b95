import { cpus } from 'node:os'
import { coreSplit, pin } from '../../src/chaos/load/pin.ts'

/** Pins a server to its half of the cores; what to put before a generator's command so that it has the other half. */
export function pinApart(server: readonly number[]): readonly string[] {
  const split = coreSplit(cpus().length)
  if (split === null || !server.every((pid) => pin(pid, split.server))) return []
  return ['taskset', '-c', split.generators.join(',')]
}
