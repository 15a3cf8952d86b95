import { messageOf } from '../../core/errors.ts'
import type { Snapshot } from '../config/snapshot.ts'
import { failure } from './error.ts'
import type { AskProcess } from './messages.ts'
import { say } from './sentences.ts'

/** A writer or worker as a party to a change. */
export type CenterProcess = {
  /** `writer`, `worker 0` … */
  readonly name: string
  readonly isReady: () => boolean
  readonly ask: AskProcess
  /** The revision it was started with or said to have in effect. */
  readonly revision: () => number
}

export type Next = { readonly revision: number; readonly snapshot: Snapshot; readonly hash: string }

/**
 * All of them take the next snapshot in and answer with its hash. One that is not there, refuses, dies, is late or comes to another
 * hash, and all are told to forget it: throws `not_prepared`, naming each.
 */
export async function prepareAll(processes: readonly CenterProcess[], next: Next): Promise<void> {
  const { revision, snapshot, hash } = next
  const refusals = await Promise.all(
    processes.map(async ({ name, ask }) => {
      try {
        const answer = await ask({ step: 'prepare', revision, snapshot })
        if (answer.hash === hash) return []
        return [say('other_hash', { process: name, hash: answer.hash, wanted: hash })]
      } catch (error) {
        return [messageOf(error)]
      }
    }),
  )
  const reasons = refusals.flat()
  if (reasons.length === 0) return
  // Who does not hear it forgets it with the next one.
  await Promise.allSettled(processes.map(({ ask }) => ask({ step: 'abort', revision })))
  throw failure('not_prepared', 'not_prepared', { reasons: reasons.join('; ') }, 'apply_when_ready')
}

/** Tells all of them that it is decided; the names of those that did not say it is in effect. */
export async function commitAll(
  processes: readonly CenterProcess[],
  { revision, snapshot }: Next,
): Promise<readonly string[]> {
  const behind = await Promise.all(
    processes.map(({ name, ask }) =>
      ask({ step: 'commit', revision, snapshot }).then(
        () => [],
        () => [name],
      ),
    ),
  )
  return behind.flat()
}
