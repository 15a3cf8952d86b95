import { spawnSync } from 'node:child_process'

/** Pins every thread of `pid` to `cores`. False where `taskset` is missing or refuses. */
export function pin(pid: number, cores: readonly number[]): boolean {
  const made = spawnSync('taskset', ['-a', '-p', '-c', cores.join(','), String(pid)], {
    stdio: 'ignore',
    timeout: 5_000,
  })
  return made.status === 0
}

/** The cores for the server and for the generators in a closed loop; null on a machine with one core. */
export function coreSplit(
  coreCount: number,
): { readonly server: readonly number[]; readonly generators: readonly number[] } | null {
  if (coreCount < 2) return null
  const half = Math.floor(coreCount / 2)
  return {
    server: Array.from({ length: half }, (_, n) => n),
    generators: Array.from({ length: coreCount - half }, (_, n) => half + n),
  }
}
