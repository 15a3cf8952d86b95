import type { Clock } from '../../core/clock.ts'
import { KfError, messageOf } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import type { Snapshot } from '../config/snapshot.ts'
import type { ConfirmBy, RevisionNote, RevisionRecord } from '../storage/revisions.ts'
import { type CenterProcess, commitAll, type Next, prepareAll } from './commit.ts'
import { failure } from './error.ts'
import { type ConfigLanguage, hashOfTexts } from './language.ts'
import type { BreakPoint } from './messages.ts'
import { say } from './sentences.ts'
import type { CenterStore } from './store.ts'
import type { AuditEntry, ConfigTexts } from './wire.ts'

export type TransactionPorts = {
  /** The node's name in the store. */
  readonly node: string
  readonly language: ConfigLanguage
  readonly store: CenterStore
  readonly processes: () => readonly CenterProcess[]
  /** The files of the node's own folder now. */
  readonly disk: () => Promise<ConfigTexts>
  readonly clock: Clock
  readonly log: Log
  /** Test builds only. */
  readonly breakAt: (point: BreakPoint, revision: number) => void
}

/** The revision in effect. `written` is what its files say, `snapshot` that with this node's own part as it started. */
export type Live = {
  readonly record: RevisionRecord
  readonly written: Snapshot
  readonly snapshot: Snapshot
  readonly confirm: ConfirmBy | undefined
}

export type Change = {
  readonly files: ConfigTexts
  readonly who: string
  readonly message: string
  readonly action: AuditEntry['action']
  readonly confirmWithinMs: number | undefined
  /** Content of If-Match; undefined takes whatever is live. */
  readonly ifMatch: string | undefined
  /** kf's own: those that are not there now are not waited for, and a window that is open does not hinder it. */
  readonly forced: boolean
}

export type Decided = {
  readonly live: Live
  /** The files on the node's disk are the same. */
  readonly onDisk: boolean
  readonly prepared: number
  /** Tells all processes; the names of those that did not say they have it in effect. */
  readonly tell: () => Promise<readonly string[]>
}

/**
 * One change up to its decision: the attempt is recorded, all processes prepare, and one compare-and-set in the store decides.
 * Throws `not_prepared` when one of them does not (`forced` goes on without it), and `undecided` when another revision was live or the
 * writer died over the decision: in both cases nobody changed.
 */
export async function decide(
  ports: TransactionPorts,
  change: Change,
  to: { readonly written: Snapshot; readonly snapshot: Snapshot; readonly expected: number },
): Promise<Decided> {
  const { breakAt, language, store } = ports
  const { files, who, message } = change
  const hash = language.hash(to.snapshot)
  const attempt = await store.attempt({ parent: to.expected, hash, who, message, files })
  const { revision } = attempt
  breakAt('attempted', revision)
  const next: Next = { revision, snapshot: to.snapshot, hash }
  const prepared = await prepare(ports, change, next)
  breakAt('prepared', revision)
  const confirm = confirmOf(ports, change, to.expected)
  const onDisk = await isOnDisk(ports, files)
  const stands = await store.decide({
    kind: 'set_live_revision',
    revision,
    expected: to.expected,
    along: notesOf(ports, change, revision, onDisk),
    ...(confirm === undefined ? {} : { confirm }),
  })
  if (!stands) {
    await refuse(ports, revision, say('other_first'))
    await noteFailure(ports, change, say('other_first'), revision)
    throw failure('undecided', 'undecided')
  }
  breakAt('decided', revision)
  return {
    live: { record: { ...attempt, state: 'accepted' }, written: to.written, snapshot: to.snapshot, confirm },
    onDisk,
    prepared,
    tell: async () => {
      const behind = await commitAll(ports.processes(), next)
      breakAt('told', revision)
      // The first start of a node has nothing to tell of it.
      if (to.expected > 0) ports.log.info({ revision, who }, `revision ${revision} is live`)
      return behind
    },
  }
}

/** An attempt is over; one that cannot be refused now is before the next change. */
export async function refuse(
  { log, store }: TransactionPorts,
  revision: number,
  reason: string,
): Promise<void> {
  await store
    .commit([{ kind: 'refuse_revision', revision, reason }])
    .catch((error: unknown) => log.warn({ revision }, messageOf(error)))
}

/** A change that came to nothing, for the audit log. `revision`: its attempt's, 0 where it did not get that far. */
export async function noteFailure(
  { log, store }: TransactionPorts,
  { who, action }: Change,
  why: string,
  revision: number,
): Promise<void> {
  const detail = why.slice(0, 2_000)
  await store
    .commit([{ kind: 'put_audit', entry: { who, action, revision, ok: false, detail } }])
    .catch((error: unknown) => log.warn({}, messageOf(error)))
}

/** The error of a change whose attempt stands in the history, with the reason. */
export function isOfAttempt(error: unknown): boolean {
  const { says } = error instanceof KfError ? error.params : {}
  return says === 'not_prepared' || says === 'writer_ended' || says === 'undecided'
}

/** Keeps that disk and live revision agree. */
export function baseNote(node: string, files: ConfigTexts, revision: number): RevisionNote {
  return { kind: 'put_config_base', node, base: { filesHash: hashOfTexts(files), revision } }
}

async function prepare(ports: TransactionPorts, change: Change, next: Next): Promise<number> {
  const { forced } = change
  const asked = ports.processes().filter((each) => !forced || each.isReady())
  try {
    await prepareAll(asked, next)
  } catch (error) {
    if (!forced) {
      await refuse(ports, next.revision, messageOf(error))
      await noteFailure(ports, change, messageOf(error), next.revision)
      throw error
    }
    ports.log.warn({ revision: next.revision }, messageOf(error))
  }
  return asked.length
}

function confirmOf(
  { clock }: TransactionPorts,
  { confirmWithinMs }: Change,
  expected: number,
): ConfirmBy | undefined {
  return confirmWithinMs === undefined ? undefined : { by: clock.now() + confirmWithinMs, revertTo: expected }
}

function notesOf(
  { node }: TransactionPorts,
  { action, files, message, who }: Change,
  revision: number,
  onDisk: boolean,
): readonly RevisionNote[] {
  const audit: RevisionNote = {
    kind: 'put_audit',
    entry: { who, action, revision, ok: true, detail: message },
  }
  return onDisk ? [audit, baseNote(node, files, revision)] : [audit]
}

// A folder that cannot be read now holds other files, for all that is known.
async function isOnDisk({ disk }: TransactionPorts, files: ConfigTexts): Promise<boolean> {
  return disk().then(
    (found) => hashOfTexts(found) === hashOfTexts(files),
    () => false,
  )
}
