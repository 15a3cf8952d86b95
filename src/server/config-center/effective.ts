import { messageOf } from '../../core/errors.ts'
import { masked } from '../config/masked.ts'
import type { KeyInfo, Snapshot, Sources, ValueSource } from '../config/snapshot.ts'
import type { Address } from '../config/values.ts'
import type { CenterProcess } from './commit.ts'
import type { EffectiveSource, EffectiveValue, ProcessInEffect } from './wire.ts'

/** What a node runs with that its files and flags leave open: the port it got, as many workers as the machine suggests … */
export type Running = {
  readonly listen: Address
  readonly adminListen: Address
  readonly workers: number
  /** Absolute. */
  readonly data: string
  /** The administrative token is the one in the data folder. */
  readonly ownToken: boolean
}

/**
 * Every value that is in effect in a node, and where it comes from. `start`: what its start read, of which its own part is in effect;
 * `live`: the cluster's part. Of a secret stands where it is, never what it is.
 */
export function effectiveValues(
  keys: readonly KeyInfo[],
  running: Running,
  start: { readonly snapshot: Snapshot; readonly sources: Sources },
  live: { readonly snapshot: Snapshot; readonly sources: Sources; readonly revision: number },
): readonly EffectiveValue[] {
  const { listen, adminListen, data, workers } = running
  const node = { ...start.snapshot.node, listen, admin_listen: adminListen, data, workers }
  const values = masked({ node, cluster: live.snapshot.cluster })
  return keys.map(({ id, file, key, effect, scope, secret }) => {
    const value = values[id]
    const source = (scope === 'node' ? start : live).sources[id] ?? { from: 'default' as const }
    const where = { id, file, key, effect, scope }
    if (source.from === 'default' && id === 'server.toml:workers') {
      return { ...where, value: value ?? null, source: { from: 'machine' } }
    }
    if (secret && value === undefined && running.ownToken) {
      return { ...where, value: '•••••• (admin.token)', source: { from: 'data-folder' } }
    }
    const variable = secret ? /\$\{(\w+)\}/.exec(value ?? '')?.[1] : undefined
    const from = sourceOf(source, scope === 'node' ? undefined : live.revision)
    return { ...where, value: value ?? null, source: variable === undefined ? from : { ...from, variable } }
  })
}

/** What each process says it has in effect: its own hash, of what it holds. */
export function askInEffect(processes: readonly CenterProcess[]): Promise<readonly ProcessInEffect[]> {
  return Promise.all(
    processes.map(async ({ name, ask }): Promise<ProcessInEffect> => {
      try {
        return { name, ...(await ask({ step: 'in_effect' })) }
      } catch (error) {
        return { name, failed: messageOf(error) }
      }
    }),
  )
}

function sourceOf(source: ValueSource, revision: number | undefined): EffectiveSource {
  if (source.from !== 'file') return source
  const { file, line, column } = source
  return revision === undefined
    ? { from: 'disk', file, line, column }
    : { from: 'revision', revision, file, line, column }
}
