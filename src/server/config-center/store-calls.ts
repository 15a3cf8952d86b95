import type { RevisionOperation, Revisions } from '../storage/revisions.ts'
import type { Operation, Outcome } from '../storage/store.ts'
import type { BreakPoint, ConfigAnswers, ConfigCall } from './messages.ts'

export type StoreCalls = {
  readonly revisions: Revisions
  readonly submitAll: (operations: readonly Operation[]) => Promise<readonly Outcome[]>
  /** Test builds only. */
  readonly breakAt: (point: BreakPoint, revision: number) => void
}

export type StoreCall = Extract<ConfigCall, { readonly step: `store.${string}` }>

/** The writer's side of the store calls: reads at once, commits with the sync of everything else. */
export async function carryOutStoreCall(
  { revisions, submitAll, breakAt }: StoreCalls,
  call: StoreCall,
): Promise<ConfigAnswers[StoreCall['step']]> {
  switch (call.step) {
    case 'store.commit': {
      const [point, revision] = pointOf(call.operations, revisions)
      if (point !== undefined) breakAt(point, revision)
      const outcomes = await submitAll(call.operations)
      if (point !== undefined) breakAt(point === 'attempt' ? 'attempted' : 'decided', revision)
      return outcomes
    }
    case 'store.state': {
      const live = revisions.live()
      return {
        live: live ?? null,
        record: (live === undefined ? undefined : revisions.revision(live.revision)) ?? null,
        attempted: revisions.attempted(),
        base: revisions.base(call.node) ?? null,
      }
    }
    case 'store.revision':
      return revisions.revision(call.revision) ?? null
    case 'store.history':
      return {
        revisions: revisions.list(call.limit, call.before),
        audit: revisions.audit(call.limit),
      }
  }
}

function pointOf(
  operations: readonly RevisionOperation[],
  revisions: Revisions,
): readonly ['attempt' | 'decide' | undefined, number] {
  for (const operation of operations) {
    if (operation.kind === 'put_revision') return ['attempt', (revisions.list(1)[0]?.revision ?? 0) + 1]
    if (operation.kind === 'set_live_revision') return ['decide', operation.revision]
  }
  return [undefined, 0]
}
