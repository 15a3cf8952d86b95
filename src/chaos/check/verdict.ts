export const invariants = [
  'no_acked_loss',
  'no_duplicate',
  'agreement',
  'gapless',
  'sender_order',
  'real_time_order',
  'no_phantom',
  'one_owner',
  'capacity',
  'bounded_memory',
  'convergence',
  'no_false_ack',
] as const
export type Invariant = (typeof invariants)[number]

/** Unknown is never pass. */
export type Verdict = {
  readonly invariant: Invariant
  readonly status: 'pass' | 'fail' | 'unknown'
  /** What was looked at: operations, messages, assignments … */
  readonly checked: number
  readonly violations: number
  /** The smallest evidence: client, conversation, seq, and the lines of the history (from 1). */
  readonly evidence: readonly Evidence[]
  /** Why it is unknown. */
  readonly why?: string
}
export type Evidence = { readonly text: string; readonly lines: readonly number[] }

/** What a scenario allows and demands. */
export type CheckOptions = {
  readonly resetsAllowed: number
  readonly convergeWithinMs: number
  /** Growth of the server's resident memory over the baseline at most. */
  readonly maxRssGrowthBytes: number
  /** Of a sample's `outboxBytes` at most; absent: not looked at. */
  readonly maxOutboxBytes?: number
  /** Fewer make the run unknown. */
  readonly minimum: { readonly acks: number; readonly retries: number; readonly resumes: number }
}
