import { describe, expect, test } from 'vitest'
import type { Invariant } from '../src/chaos/check/verdict.ts'
import type { Break } from '../src/server/config/break.ts'
import { failedOf, type SmallRun, smallRun } from './support/chaos.ts'

/**
 * The harness is itself seen red: each way to break the server fails the run with the promise that it breaks, as a black-box
 * client sees it. The product keeps all of them in test/chaos-run.test.ts.
 */
type Mutant = { readonly broken: Break; readonly breaks: Invariant } & Omit<SmallRun, 'broken'>

const storm = { fault: 'reconnect_storm', on: 'visitors', params: {}, until: undefined } as const
const writerKill = { fault: 'writer_kill', on: 'node', params: {}, until: undefined } as const

const mutants: readonly Mutant[] = [
  {
    broken: 'ack-before-commit',
    breaks: 'no_acked_loss',
    steps: [{ at: 1_500, ...writerKill }],
    recoveryMs: 2_000,
  },
  {
    // Acks are held back and lost with their connections; what they were for comes again.
    broken: 'no-dedupe',
    breaks: 'no_duplicate',
    workload: { rate: 2 },
    steps: [
      { at: 500, until: 3_000, fault: 'hold', on: 'visitors->node', params: { direction: 'down' } },
      { at: 2_000, ...storm },
    ],
    recoveryMs: 3_000,
  },
  { broken: 'new-incarnation', breaks: 'gapless', steps: [{ at: 1_000, ...writerKill }], recoveryMs: 1_500 },
  {
    // What was held up comes all at once.
    broken: 'swap-lane',
    breaks: 'sender_order',
    workload: { rate: 4, visitors: 20 },
    steps: [{ at: 500, until: 2_000, fault: 'hold', on: 'visitors->node', params: { direction: 'up' } }],
    recoveryMs: 1_500,
  },
  {
    broken: 'skip-fence',
    breaks: 'one_owner',
    workload: { desk: 15 },
    steps: [{ at: 1_500, ...storm, on: 'agents' }],
    recoveryMs: 1_500,
  },
  {
    // A burst of questions, so that answers share batches; then little, so that nothing follows the one that is dropped.
    broken: 'drop-tail',
    breaks: 'convergence',
    workload: { rate: 0.7, visitors: 40, answers: 1, desk: 0, reconnectPerMinute: 0 },
    steps: [
      { at: 200, until: 2_200, fault: 'hold', on: 'visitors->node', params: { direction: 'up' } },
      { at: 2_900, ...storm, on: 'agents', params: { share: '1%' } },
    ],
    recoveryMs: 2_000,
    convergeWithinMs: 1_000,
  },
]

describe.each(mutants)('KF_BREAK=$broken', ({ breaks, ...run }) => {
  test(`is seen to break ${breaks}`, async () => {
    const { result } = await smallRun(run)
    expect([...failedOf(result).keys()]).toContain(breaks)
    expect(result.status).toBe('fail')
  })
})
