import type { SnapshotContainer } from '../config/container.ts'
import type { Snapshot } from '../config/snapshot.ts'
import type { BreakPoint, ConfigAnswers, ConfigCall } from './messages.ts'

export type Participant = {
  /** The revision in effect here. */
  readonly revision: () => number
  readonly prepare: (call: ConfigCall & { readonly step: 'prepare' }) => ConfigAnswers['prepare']
  readonly commit: (call: ConfigCall & { readonly step: 'commit' }) => ConfigAnswers['commit']
  readonly inEffect: () => ConfigAnswers['in_effect']
  readonly abort: (call: ConfigCall & { readonly step: 'abort' }) => null
}

export type ParticipantOptions = {
  readonly container: SnapshotContainer
  readonly revision: number
  readonly hash: (snapshot: Snapshot) => string
  /** Test builds only. */
  readonly breakAt: (point: BreakPoint, revision: number) => void
}

/**
 * A process' part in a change of the configuration: it takes the next snapshot in beside the one in effect and says its hash; told
 * that it is decided, it swaps. A commit it never prepared for it carries out as well: the decision stands in the store.
 */
export function createParticipant({ container, revision, hash, breakAt }: ParticipantOptions): Participant {
  let inEffect = revision
  let prepared: { readonly revision: number; readonly snapshot: Snapshot; readonly hash: string } | undefined
  return {
    revision: () => inEffect,
    prepare: (call) => {
      breakAt('prepare', call.revision)
      prepared = { revision: call.revision, snapshot: call.snapshot, hash: hash(call.snapshot) }
      breakAt('prepared', call.revision)
      return { hash: prepared.hash }
    },
    commit: (call) => {
      breakAt('commit', call.revision)
      const ready = prepared?.revision === call.revision ? prepared : undefined
      const known = ready?.hash ?? hash(call.snapshot)
      prepared = undefined
      // Told again, or told late: a newer one is never taken back.
      if (call.revision > inEffect) {
        inEffect = call.revision
        container.swap(ready?.snapshot ?? call.snapshot)
      }
      breakAt('committed', call.revision)
      return { hash: known }
    },
    inEffect: () => ({ revision: inEffect, hash: hash(container.current()) }),
    abort: (call) => {
      if (prepared?.revision === call.revision) prepared = undefined
      return null
    },
  }
}
