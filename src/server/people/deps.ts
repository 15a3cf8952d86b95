import { KfError } from '../../core/errors.ts'
import type { RandomBytes } from '../../core/ids.ts'
import type { Operation, Store } from '../storage/store.ts'

/** The part of the store contract that managing people needs. */
export type PeopleStore = Pick<Store, 'commit' | 'directory' | 'load' | 'queued' | 'conversationsOfAgent'>

export type PeopleDeps = {
  /** Wall time, ms. */
  readonly now: () => number
  readonly random: RandomBytes
  /** Lets live traffic pass between two parts of long work; at once where there is none. */
  readonly pause: () => Promise<void>
}

/** Commits in one batch; throws `login_taken` or the code of the first operation that was refused. */
export async function commitAll(store: PeopleStore, operations: readonly Operation[]): Promise<void> {
  const outcomes = await store.commit(operations)
  for (const outcome of outcomes) {
    if (outcome.status !== 'rejected') continue
    if (outcome.code === 'id_conflict') throw loginTaken()
    throw new KfError(outcome.code, outcome.message)
  }
}

export function loginTaken(login?: string): KfError {
  return new KfError('login_taken', `the login ${login === undefined ? '' : `${login} `}is taken`, {
    hint: 'choose another one; `kf agent list` shows those in use',
    params: { login: login ?? '' },
  })
}
