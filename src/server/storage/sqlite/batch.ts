import type { DatabaseSync } from 'node:sqlite'
import type { RandomBytes } from '../../../core/ids.ts'
import type { RevisionOperation, Revisions } from '../revisions.ts'
import type { Directory, Outcome } from '../store.ts'
import { Conversations } from './conversations.ts'
import { readDirectory } from './directory.ts'
import { Erasure } from './erase.ts'
import { Messages } from './messages.ts'
import { type PageReader, pageReader } from './page.ts'
import { type RegistryOperation, writeRegistry } from './registry.ts'
import { Reservations } from './reservations.ts'
import { readRevisions, writeRevisions } from './revisions.ts'
import { Senders } from './senders.ts'

/** Everything an operation reads and writes. What is kept in memory follows the transaction: `settle` or `discard`. */
export type Tables = {
  readonly senders: Senders
  readonly conversations: Conversations
  readonly messages: Messages
  readonly reservations: Reservations
  readonly erasure: Erasure
  readonly directory: Directory
  readonly registry: (operation: RegistryOperation) => Outcome
  readonly revisions: Revisions
  readonly configure: (operation: RevisionOperation, now: number) => Outcome
  readonly page: PageReader
  readonly random: RandomBytes
  /** False only in test builds (config/break.ts). */
  readonly fenced: boolean
  readonly deduped: boolean
  readonly capped: boolean
}

export function openTables(
  db: DatabaseSync,
  options: Pick<Tables, 'random' | 'fenced' | 'deduped' | 'capped'> & { readonly inMemory: number },
): Tables {
  const directory = readDirectory(db)
  const revisions = readRevisions(db)
  return {
    senders: new Senders(db, options.inMemory),
    conversations: new Conversations(db, options.inMemory),
    messages: new Messages(db),
    reservations: new Reservations(db),
    erasure: new Erasure(db),
    directory,
    registry: writeRegistry(db, directory),
    revisions,
    configure: writeRevisions(db, revisions),
    page: pageReader(db),
    random: options.random,
    fenced: options.fenced,
    deduped: options.deduped,
    capped: options.capped,
  }
}

export function settle(tables: Tables): void {
  tables.senders.settle()
  tables.conversations.settle()
  tables.messages.settle()
  tables.reservations.settle()
  tables.erasure.settle()
}

export function discard(tables: Tables): void {
  tables.senders.discard()
  tables.conversations.discard()
  tables.messages.discard()
  tables.reservations.discard()
  tables.erasure.discard()
}
