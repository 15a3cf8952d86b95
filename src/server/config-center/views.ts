import type { Snapshot } from '../config/snapshot.ts'
import { askInEffect, effectiveValues, type Running } from './effective.ts'
import { pendingRestart, planOf, summaryOf, unconfirmedOf } from './plan.ts'
import type { Live, TransactionPorts } from './transaction.ts'
import {
  type ConfigAnswer,
  type ConfigDrift,
  type DryRunAnswer,
  type EffectiveAnswer,
  etagOf,
} from './wire.ts'

/** What is live, with what the disk would make of the next start. */
export async function showLive(
  { disk, language }: Pick<TransactionPorts, 'disk' | 'language'>,
  live: Live,
  start: Snapshot,
  drift: ConfigDrift | null,
): Promise<ConfigAnswer> {
  const onDisk = await disk().then(language.parse, () => undefined)
  const next = {
    node: onDisk?.ok === true ? onDisk.snapshot.node : start.node,
    cluster: live.snapshot.cluster,
  }
  return {
    live: summaryOf(live.record, live.record.revision),
    files: live.record.files,
    unconfirmed: unconfirmedOf(live),
    drift,
    pending_restart: pendingRestart(language.diff(start, next)),
  }
}

export function dryRunOf(
  { language }: Pick<TransactionPorts, 'language'>,
  { record, written: before }: Live,
  start: Snapshot,
  written: Snapshot,
  sockets: number,
): DryRunAnswer {
  return {
    etag: etagOf(record.revision, record.hash),
    live: record.revision,
    hash: language.hash({ node: start.node, cluster: written.cluster }),
    plan: planOf(language.diff(before, written), sockets),
  }
}

export async function showEffective(
  { language, processes }: Pick<TransactionPorts, 'language' | 'processes'>,
  { record, snapshot }: Live,
  start: Parameters<typeof effectiveValues>[2],
  running: Running,
): Promise<EffectiveAnswer> {
  const { revision } = record
  const [parsed, inEffect] = await Promise.all([language.parse(record.files), askInEffect(processes())])
  const sources = parsed.ok ? parsed.sources : {}
  return {
    revision,
    hash: language.hash(snapshot),
    values: effectiveValues(language.keys(), running, start, { snapshot, sources, revision }),
    processes: inEffect,
  }
}
