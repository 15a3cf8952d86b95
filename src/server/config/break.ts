/**
 * What a test build breaks on purpose, named by `KF_BREAK`, and the promise that is then seen broken: a check that no mutant
 * turns red proves nothing. Everything that looks at one of these names exists for that alone.
 */
export const breaks = {
  'no-sync': 'no_acked_loss: commits are not synced, so a power cut takes them',
  'ack-before-commit': 'no_acked_loss: a batch is committed when the next one begins, and acked before that',
  'no-dedupe': 'no_duplicate: no client id is looked up',
  'new-incarnation': 'gapless: a writer that starts says that its store is another, so every reader is reset',
  'swap-lane': 'sender_order: requests that go to the writer together go last one first',
  'skip-fence': 'one_owner: no epoch is compared',
  'over-capacity': 'capacity: an agent is given whatever is assigned to it',
  phantom: 'no_phantom: every message that a worker gets from others reads otherwise than it was sent',
  leak: 'bounded_memory: a worker keeps a quarter of a mebibyte for each batch that it gets',
  'false-ack': 'no_false_ack: a commit that fails counts as one that did not',
  'drop-tail': 'convergence: an answer or event that ends a batch which a worker gets reaches no session',
} as const

export type Break = keyof typeof breaks

/**
 * `value`: of `KF_BREAK`. `testBuild`: false where the product runs from its package, which breaks nothing on purpose.
 * The warning is for the log: a node that breaks its promises says so, and so does one that was asked to and does not.
 */
export function readBreak(
  value: string | undefined,
  testBuild: boolean,
): { readonly broken?: Break; readonly warning?: string } {
  if (value === undefined || value === '') return {}
  if (!testBuild) return { warning: `KF_BREAK=${value} is ignored: only a test build breaks a promise` }
  // A step of a change of the configuration: config-center/break.ts.
  if (value.startsWith('config:')) return {}
  if (!isBreak(value)) {
    return { warning: `KF_BREAK=${value} is ignored: it is none of ${Object.keys(breaks).join(', ')}` }
  }
  return { broken: value, warning: `KF_BREAK=${value}: this node breaks ${breaks[value]}` }
}

function isBreak(value: string): value is Break {
  return Object.hasOwn(breaks, value)
}
