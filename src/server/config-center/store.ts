import type { Clock } from '../../core/clock.ts'
import { codeOf, KfError } from '../../core/errors.ts'
import type { RevisionOperation, RevisionRecord } from '../storage/revisions.ts'
import type { Outcome } from '../storage/store.ts'
import type { AskProcess, ConfigAnswers, StoredState } from './messages.ts'
import { say } from './sentences.ts'

/** The revisions as the supervisor sees them: in the writer's store, behind a process that may be gone for a moment. */
export type CenterStore = {
  readonly state: () => Promise<StoredState>
  readonly revision: (revision: number) => Promise<RevisionRecord | null>
  readonly history: (limit: number, before?: number) => Promise<ConfigAnswers['store.history']>
  readonly commit: (operations: readonly RevisionOperation[]) => Promise<readonly Outcome[]>
  /** Appends an attempt; its number and time. */
  readonly attempt: (
    revision: (RevisionOperation & { readonly kind: 'put_revision' })['revision'],
  ) => Promise<RevisionRecord>
  /**
   * The decision. True when it stands, also when the writer died over it and its successor found it in the store; false when
   * something else is live. Rejects with `unavailable` when for `unknownWithinMs` no writer could say.
   */
  readonly decide: (decision: RevisionOperation & { readonly kind: 'set_live_revision' }) => Promise<boolean>
}

const unknownWithinMs = 30_000
const askAgainMs = 50

export function createCenterStore(writer: AskProcess, clock: Clock, node: string): CenterStore {
  const commit: CenterStore['commit'] = (operations) => writer({ step: 'store.commit', operations })
  const commitOne = async (operation: RevisionOperation): Promise<Outcome> => {
    const [outcome] = await commit([operation])
    if (outcome === undefined) throw new KfError('internal', 'the store answered nothing')
    return outcome
  }
  // An attempt that is refused now can never become live, one that is no attempt any more has: either way it is known.
  const settle = async (revision: number): Promise<boolean> => {
    const until = clock.monotonic() + unknownWithinMs
    for (;;) {
      try {
        const reason = say('writer_died')
        const outcome = await commitOne({ kind: 'refuse_revision', revision, reason })
        if (outcome.status === 'done') return false
        // Accepted, or refused by this very request, whose answer was lost.
        return (await writer({ step: 'store.revision', revision }))?.state === 'accepted'
      } catch (error) {
        if (codeOf(error) !== 'unavailable' || clock.monotonic() >= until) throw error
        await new Promise<void>((resolve) => {
          clock.after(askAgainMs, resolve)
        })
      }
    }
  }
  return {
    commit,
    state: () => writer({ step: 'store.state', node }),
    revision: (revision) => writer({ step: 'store.revision', revision }),
    history: (limit, before) =>
      writer({ step: 'store.history', limit, ...(before === undefined ? {} : { before }) }),
    attempt: async (revision) => {
      const outcome = await commitOne({ kind: 'put_revision', revision })
      if (outcome.status !== 'revision') throw new KfError('internal', 'the store took no revision')
      return { ...revision, revision: outcome.revision, at: outcome.at, state: 'attempted' }
    },
    decide: async (decision) => {
      try {
        return (await commitOne(decision)).status === 'done'
      } catch (error) {
        if (codeOf(error) !== 'unavailable') throw error
        return settle(decision.revision)
      }
    },
  }
}
