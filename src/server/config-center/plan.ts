import type { Change } from '../config/snapshot.ts'
import type { RevisionRecord } from '../storage/revisions.ts'
import type { Live } from './transaction.ts'
import { type ApplyAnswer, etagOf, type Plan, type RevisionSummary, type Unconfirmed } from './wire.ts'

export function planOf(changes: readonly Change[], sockets: number): Plan {
  const count = (effect: Change['effect']): number =>
    changes.filter((change) => change.effect === effect).length
  return {
    changes,
    hot: count('hot'),
    new_connections: count('new-connections'),
    restart: count('restart'),
    disconnects: 0,
    sockets,
  }
}

/** Of the difference between what the node started with and what it would start with now. */
export function pendingRestart(changes: readonly Change[]): readonly string[] {
  return changes.filter(({ effect }) => effect === 'restart').map(({ key }) => key)
}

export function summaryOf(record: RevisionRecord, live: number): RevisionSummary {
  const { revision, parent, hash, who, at, message, state, reason } = record
  const refusal = reason === undefined ? {} : { reason }
  return { revision, parent, hash, who, at, message, state, ...refusal, live: revision === live }
}

export function unconfirmedOf({ record, confirm }: Live): Unconfirmed | null {
  if (confirm === undefined) return null
  return { revision: record.revision, revert_to: confirm.revertTo, deadline: confirm.by }
}

export function applyAnswer(
  live: Live,
  done: Pick<ApplyAnswer, 'plan' | 'prepared' | 'behind' | 'changed' | 'processes'> & {
    readonly tookMs: number
  },
): ApplyAnswer {
  const { record } = live
  const { tookMs, ...rest } = done
  return {
    ...rest,
    revision: summaryOf(record, record.revision),
    etag: etagOf(record.revision, record.hash),
    committed: done.processes - done.behind.length,
    took_ms: Math.round(tookMs * 10) / 10,
    unconfirmed: unconfirmedOf(live),
  }
}
