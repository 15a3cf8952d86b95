import { codeOf, KfError, messageOf } from '../../core/errors.ts'
import type { Snapshot } from '../config/snapshot.ts'
import type { ConfirmBy, RevisionRecord } from '../storage/revisions.ts'
import { commitAll } from './commit.ts'
import { conflict, invalid, mustMatch, notStored, unconfirmed } from './error.ts'
import { createGuard, type Health } from './guard.ts'
import { hashOfTexts } from './language.ts'
import type { StoredState } from './messages.ts'
import { applyAnswer, pendingRestart, planOf, summaryOf, unconfirmedOf } from './plan.ts'
import { decideStart } from './start.ts'
import {
  baseNote,
  type Change,
  decide,
  type Live,
  noteFailure,
  refuse,
  type TransactionPorts,
} from './transaction.ts'
import {
  type ApplyAnswer,
  type AuditEntry,
  type ConfigAnswer,
  type ConfigDrift,
  type ConfigTexts,
  type ConfirmAnswer,
  type DryRunAnswer,
  etagOf,
  type HistoryAnswer,
  type RevisionAnswer,
} from './wire.ts'

export type CenterPorts = TransactionPorts & {
  readonly health: () => Health
  /** Open now. */
  readonly sockets: () => number
}

/**
 * The configuration centre of a node: one change at a time, all or nobody. The decision is one compare-and-set in the store; before it
 * any trouble leaves all as it was, after it whoever did not hear is told again, and is out of readiness until then.
 */
export class ConfigCenter {
  readonly #ports: CenterPorts
  readonly #atStart: Snapshot
  #live: Live | undefined
  #drift: ConfigDrift | null = null
  #guard: ((now: Health) => string | undefined) | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #ticking = false

  /** `atStart`: what files and flags of this node say; its node part stays in effect. */
  constructor(ports: CenterPorts, atStart: Snapshot) {
    this.#ports = ports
    this.#atStart = atStart
  }

  get drift(): ConfigDrift | null {
    return this.#drift
  }

  /** What the next process is started with. */
  get inEffect(): { readonly revision: number; readonly snapshot: Snapshot } {
    return { revision: this.#live?.record.revision ?? 0, snapshot: this.#live?.snapshot ?? this.#atStart }
  }

  /** Once, when the writer is there: decides what is in effect. `disk` is what `atStart` was read from. */
  start(disk: ConfigTexts): Promise<void> {
    return this.#alone(async () => {
      const { clock, node, store } = this.#ports
      const state = await this.#stored()
      const before = state.record?.revision ?? 0
      const asOnDisk = state.record !== null && hashOfTexts(state.record.files) === hashOfTexts(disk)
      const known = asOnDisk ? this.#atStart : undefined
      if (state.record !== null && !(await this.#adopt(state.record, state.live?.confirm, known))) {
        const message = `revision ${before} is not valid in this version of kf; the files on the disk are taken`
        await this.#own('start', disk, message, before, this.#atStart)
        return
      }
      const confirm = state.live?.confirm
      const decision = decideStart(disk, state)
      if (confirm !== undefined && clock.now() >= confirm.by) {
        await this.#revert(confirm, 'it was not confirmed in time')
      } else if (decision.kind === 'disk') {
        await this.#own('start', disk, decision.message, before, this.#atStart)
      } else {
        this.#drift = decision.drift
        if (decision.rebase) await store.commit([baseNote(node, disk, before)])
        await this.#catchUp()
      }
    })
  }

  async show(): Promise<ConfigAnswer> {
    await this.#alone(() => this.#refresh())
    const { disk, language } = this.#ports
    const live = this.#now
    const onDisk = await disk().then(language.parse, () => undefined)
    const next = {
      node: onDisk?.ok === true ? onDisk.snapshot.node : this.#atStart.node,
      cluster: live.snapshot.cluster,
    }
    return {
      live: summaryOf(live.record, live.record.revision),
      files: live.record.files,
      unconfirmed: unconfirmedOf(live),
      drift: this.#drift,
      pending_restart: pendingRestart(language.diff(this.#atStart, next)),
    }
  }

  async history(limit: number, before: number | undefined): Promise<HistoryAnswer> {
    const { revisions, audit } = await this.#ports.store.history(limit, before)
    const live = this.#now.record.revision
    return { live, revisions: revisions.map((record) => summaryOf(record, live)), audit }
  }

  /** Throws `not_found`. */
  async revision(revision: number): Promise<RevisionAnswer> {
    const record = await this.#record(revision)
    return { revision: summaryOf(record, this.#now.record.revision), files: record.files }
  }

  /** What an apply of these files would change. Throws as `apply`. */
  dryRun(files: ConfigTexts, ifMatch: string | undefined): Promise<DryRunAnswer> {
    return this.#alone(async () => {
      const { language, sockets } = this.#ports
      const written = await this.#read(files)
      await this.#refresh()
      const { record, written: before } = this.#now
      mustMatch(ifMatch, record)
      return {
        etag: etagOf(record.revision, record.hash),
        live: record.revision,
        hash: language.hash({ node: this.#atStart.node, cluster: written.cluster }),
        plan: planOf(language.diff(before, written), sockets()),
      }
    })
  }

  /**
   * Throws `bad_config` (with problems), `revision_conflict`, `unconfirmed`, `not_prepared`: nobody changed. `unavailable` when the writer
   * is gone for long over the decision: then it is unknown, and the next answer tells.
   */
  apply(change: Change): Promise<ApplyAnswer> {
    return this.#alone(async () => {
      try {
        return await this.#apply(change)
      } catch (error) {
        await noteFailure(this.#ports, change, messageOf(error))
        throw error
      }
    })
  }

  /** The files of an accepted revision, as a new one. Throws as `apply`, and `not_found`. */
  async rollBack(
    revision: number,
    change: Pick<Change, 'who' | 'message' | 'confirmWithinMs' | 'ifMatch'>,
  ): Promise<ApplyAnswer> {
    const { files, state } = await this.#record(revision)
    if (state !== 'accepted')
      throw new KfError('not_found', `revision ${revision} was never live`, {
        hint: '`kf config history` shows those that were',
      })
    return this.apply({ ...change, files, action: 'rollback', forced: false })
  }

  /** It stays. Throws `revision_conflict` when it is not live. Asking twice is no error. */
  confirm(revision: number, who: string): Promise<ConfirmAnswer> {
    return this.#alone(async () => {
      await this.#refresh()
      const { record, confirm } = this.#now
      if (record.revision !== revision)
        throw conflict(`revision ${revision} is not live, ${record.revision} is`, record)
      if (confirm !== undefined) {
        await this.#ports.store.commit([
          { kind: 'confirm_revision', revision },
          { kind: 'put_audit', entry: { who, action: 'confirm', revision, ok: true, detail: '' } },
        ])
        this.#setLive({ ...this.#now, confirm: undefined })
      }
      return { revision: summaryOf(record, revision), etag: etagOf(revision, record.hash) }
    })
  }

  /** Ready processes that do not have the live revision in effect. */
  behind(): readonly string[] {
    const { revision } = this.inEffect
    return this.#ports
      .processes()
      .filter((process) => process.isReady() && process.revision() !== revision)
      .map(({ name }) => name)
  }

  /** Every half second, once the node was ready: tells those behind again, and takes back what was not confirmed or does harm. */
  async tick(): Promise<void> {
    if (this.#ticking || this.#live === undefined) return
    this.#ticking = true
    try {
      if (this.behind().length > 0) await this.#alone(() => this.#catchUp())
      await this.#watch(this.#live)
    } catch (error) {
      this.#ports.log.warn({}, `the configuration is looked at again: ${messageOf(error)}`)
    } finally {
      this.#ticking = false
    }
  }

  get #now(): Live {
    if (this.#live === undefined) throw new KfError('unavailable', 'the node is starting')
    return this.#live
  }

  async #watch({ confirm, record }: Live): Promise<void> {
    const reason = this.#guard?.(this.#ports.health())
    if (confirm === undefined || reason === undefined) return
    await this.#alone(async () => {
      await this.#refresh()
      // A confirm, or a rollback, was faster.
      if (this.#now.record.revision !== record.revision || this.#now.confirm === undefined) return
      await this.#revert(confirm, reason)
    })
  }

  async #apply(change: Change): Promise<ApplyAnswer> {
    const { clock, language, processes, sockets } = this.#ports
    const began = clock.monotonic()
    const written = await this.#read(change.files)
    await this.#refresh()
    const before = this.#now
    mustMatch(change.ifMatch, before.record)
    const changed = hashOfTexts(change.files) !== hashOfTexts(before.record.files)
    if (before.confirm !== undefined && change.action !== 'rollback')
      throw unconfirmed(before.record.revision, before.confirm)
    const plan = planOf(language.diff(before.written, written), sockets())
    const { prepared, behind } = changed
      ? await this.#carryThrough(change, written, before.record.revision)
      : { prepared: 0, behind: this.behind() }
    const tookMs = clock.monotonic() - began
    return applyAnswer(this.#now, { plan, prepared, behind, changed, processes: processes().length, tookMs })
  }

  async #carryThrough(
    change: Change,
    written: Snapshot,
    expected: number,
  ): Promise<{ readonly prepared: number; readonly behind: readonly string[] }> {
    const snapshot = { node: this.#atStart.node, cluster: written.cluster }
    try {
      const decided = await decide(this.#ports, change, { written, snapshot, expected })
      this.#setLive(decided.live)
      if (decided.onDisk) this.#drift = null
      return { prepared: decided.prepared, behind: await decided.tell() }
    } catch (error) {
      if (codeOf(error) !== 'undecided') throw error
      await this.#refresh()
      const { record } = this.#now
      throw record.revision === expected ? notStored() : conflict(messageOf(error), record)
    }
  }

  /** A revision of kf's own; processes that are not ready come up with it. */
  async #own(
    action: AuditEntry['action'],
    files: ConfigTexts,
    message: string,
    expected: number,
    written: Snapshot,
  ): Promise<void> {
    const own = { who: 'kf', confirmWithinMs: undefined, ifMatch: undefined, forced: true }
    await this.#carryThrough({ ...own, files, message, action }, written, expected)
  }

  async #revert({ revertTo }: ConfirmBy, reason: string): Promise<void> {
    const { revision } = this.#now.record
    const { files } = await this.#record(revertTo)
    const written = await this.#read(files)
    const message = `revision ${revision} is taken back to ${revertTo}: ${reason}`
    this.#ports.log.warn({}, message)
    await this.#own('revert', files, message, revision, written)
  }

  /** Takes over what the store says is live when that is another one than is known here: after a decision nobody could tell of. */
  async #refresh(): Promise<void> {
    const { record, live } = await this.#stored()
    if (record === null || record.revision === this.#live?.record.revision) return
    if (!(await this.#adopt(record, live?.confirm)))
      throw new KfError('internal', `revision ${record.revision} cannot be read`)
    await this.#catchUp()
  }

  async #stored(): Promise<StoredState> {
    const state = await this.#ports.store.state()
    for (const revision of state.attempted)
      await refuse(this.#ports, revision, 'kf ended before the decision')
    return state
  }

  /** False when this version of kf cannot read its files. `known`: what they say, where that was read already. */
  async #adopt(record: RevisionRecord, confirm: ConfirmBy | undefined, known?: Snapshot): Promise<boolean> {
    const parsed = known === undefined ? await this.#ports.language.parse(record.files) : undefined
    const written = known ?? (parsed?.ok === true ? parsed.snapshot : undefined)
    if (written === undefined) return false
    this.#setLive({
      record,
      written,
      snapshot: { node: this.#atStart.node, cluster: written.cluster },
      confirm,
    })
    return true
  }

  #setLive(live: Live): void {
    this.#live = live
    const { clock, health } = this.#ports
    this.#guard = live.confirm === undefined ? undefined : createGuard(live.confirm, health(), clock)
  }

  async #catchUp(): Promise<void> {
    const late = new Set(this.behind())
    if (late.size === 0) return
    const { record, snapshot } = this.#now
    const processes = this.#ports.processes().filter(({ name }) => late.has(name))
    await commitAll(processes, { revision: record.revision, snapshot, hash: record.hash })
  }

  async #read(files: ConfigTexts): Promise<Snapshot> {
    const parsed = await this.#ports.language.parse(files)
    if (!parsed.ok) throw invalid(parsed.problems)
    return parsed.snapshot
  }

  async #record(revision: number): Promise<RevisionRecord> {
    const record = await this.#ports.store.revision(revision)
    if (record !== null) return record
    throw new KfError('not_found', `there is no revision ${revision}`, {
      hint: '`kf config history` shows them',
    })
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => undefined)
    return turn
  }
}
