import { systemClock } from '../../../src/core/clock.ts'
import { cryptoRandomBytes } from '../../../src/core/ids.ts'
import { createGroupCommit } from '../../../src/server/storage/group-commit.ts'
import { openSqliteStore } from '../../../src/server/storage/sqlite/open.ts'
import { type Append, hashBody } from '../../../src/server/storage/store.ts'
import type { Entry, Log } from './log.ts'

const maxBatch = 2_000

/**
 * kf's embedded store with its group commit, in the peer's own process: one transaction and one sync for all that waits.
 */
export async function durableLog(folder: string): Promise<Log> {
  const store = await openSqliteStore({ folder, clock: systemClock, random: cryptoRandomBytes })
  const group = createGroupCommit(store, {
    maxBatch,
    paceMs: () => 0,
    monotonic: systemClock.monotonic,
    after: systemClock.after,
    onBatch: () => {},
    onFailure: (error) => {
      throw error
    },
  })
  const stored = new Map<string, string>()
  return {
    append: (entry, done) => {
      const submitter = {
        committed: (_token: number, _operation: unknown, outcome: Parameters<Committed>[2]) => {
          if (outcome.status !== 'stored' && outcome.status !== 'duplicate') return
          stored.set(entry.conversation, outcome.conversation)
          done(outcome.seq, outcome.at)
        },
        failed: () => {},
      }
      group.submit(appendOf(entry, stored.get(entry.conversation)), submitter, 0)
    },
    close: async () => {
      await group.drained()
      await store.close()
    },
  }
}

type Committed = Parameters<ReturnType<typeof createGroupCommit>['submit']>[1]['committed']

function appendOf({ id, from, body }: Entry, conversation: string | undefined): Append {
  const text = JSON.stringify(body)
  return {
    kind: 'append',
    id,
    site: 'peer',
    sender: { role: 'visitor', id: from.id },
    visitor: { id: from.id, site: 'peer', tokenHash: '' },
    stream: 'public',
    body: text,
    bodyHash: hashBody('public', text),
    ...(conversation === undefined ? {} : { conversation }),
  }
}
