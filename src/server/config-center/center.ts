import { codeOf, KfError, messageOf } from '../../core/errors.ts'
import type { Snapshot, Sources } from '../config/snapshot.ts'
import type { ConfirmBy, RevisionRecord } from '../storage/revisions.ts'
import { commitAll } from './commit.ts'
import { Drift } from './drift.ts'
import type { Running } from './effective.ts'
import { conflict, failure, invalid, mustMatch, notStored, unconfirmed } from './error.ts'
import { HealthWatch, type Vitals } from './health.ts'
import { hashOfTexts } from './language.ts'
import type { StoredState } from './messages.ts'
import { applyAnswer, planOf, summaryOf } from './plan.ts'
import { say } from './sentences.ts'
import { decideStart } from './start.ts'
import {
  baseNote,
  type Change,
  decide,
  isOfAttempt,
  type Live,
  noteFailure,
  refuse,
  type TransactionPorts,
} from './transaction.ts'
import { dryRunOf, showEffective, showLive } from './views.ts'
import {
  type ApplyAnswer,
  type AuditEntry,
  type ConfigAnswer,
  type ConfigDrift,
  type ConfigTexts,
  type ConfirmAnswer,
  type DryRunAnswer,
  type EffectiveAnswer,
  etagOf,
  type HealthAnswer,
  type HistoryAnswer,
  type RevisionAnswer,
} from './wire.ts'

export type CenterPorts = TransactionPorts & {
  readonly health: () => Vitals
  /** Where each value that the start read came from. */
  readonly startedWith: Sources
  readonly running: () => Running
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
  readonly #watch: HealthWatch
  readonly #drift: Drift
  #live: Live | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #ticking = false

  /** `atStart`: what files and flags of this node say; its node part stays in effect. */
  constructor(ports: CenterPorts, atStart: Snapshot) {
    this.#ports = ports
    this.#atStart = atStart
    this.#watch = new HealthWatch(ports)
    this.#drift = new Drift(ports)
  }

  get drift(): ConfigDrift | null {
    return this.#drift.found
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
        await this.#own('start', disk, say('invalid_here', { revision: before }), before, this.#atStart)
        return
      }
      const confirm = state.live?.confirm
      const decision = decideStart(disk, state)
      if (confirm !== undefined && clock.now() >= confirm.by) {
        await this.#revert(confirm, say('not_in_time'))
      } else if (decision.kind === 'disk') {
        await this.#own('start', disk, decision.message, before, this.#atStart)
      } else {
        this.#drift.begin(decision.drift, before)
        if (decision.rebase) await store.commit([baseNote(node, disk, before)])
        await this.#catchUp()
      }
    })
  }

  async show(): Promise<ConfigAnswer> {
    await this.#alone(async () => {
      await this.#refresh()
      await this.#drift.look(this.#now.record)
    })
    return showLive(this.#ports, this.#now, this.#atStart, this.drift)
  }

  /** What the node runs with now. */
  async effective(): Promise<EffectiveAnswer> {
    await this.#alone(() => this.#refresh())
    const { running, startedWith: sources } = this.#ports
    return showEffective(this.#ports, this.#now, { snapshot: this.#atStart, sources }, running())
  }

  health(): HealthAnswer {
    return this.#watch.answer(this.#now.record.revision)
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
      const written = await this.#read(files)
      await this.#refresh()
      mustMatch(ifMatch, this.#now.record)
      return dryRunOf(this.#ports, this.#now, this.#atStart, written, this.#ports.sockets())
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
        if (!isOfAttempt(error)) await noteFailure(this.#ports, change, messageOf(error), 0)
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
    if (state !== 'accepted') throw failure('not_found', 'never_live', { revision }, 'history_live')
    return this.apply({ ...change, files, action: 'rollback', forced: false })
  }

  /** It stays. Throws `revision_conflict` when it is not live. Asking twice is no error. */
  confirm(revision: number, who: string): Promise<ConfirmAnswer> {
    return this.#alone(async () => {
      await this.#refresh()
      const { record, confirm } = this.#now
      if (record.revision !== revision)
        throw conflict('not_live', { revision, live: record.revision }, record)
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
      if (this.drift !== null) await this.#alone(() => this.#drift.look(this.#now.record))
      if (this.behind().length > 0) await this.#alone(() => this.#catchUp())
      await this.#guard(this.#live)
    } catch (error) {
      this.#ports.log.warn({}, `the configuration is looked at again: ${messageOf(error)}`)
    } finally {
      this.#ticking = false
    }
  }

  get #now(): Live {
    if (this.#live === undefined) throw failure('unavailable', 'node_starting')
    return this.#live
  }

  async #guard({ confirm, record }: Live): Promise<void> {
    const reason = this.#watch.look()
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
      if (decided.onDisk) this.#drift.end()
      const behind = await decided.tell()
      this.#watch.changed(decided.live.record.revision, decided.live.confirm)
      return { prepared: decided.prepared, behind }
    } catch (error) {
      if (codeOf(error) !== 'undecided') throw error
      await this.#refresh()
      const { record } = this.#now
      throw record.revision === expected ? notStored() : conflict('undecided', {}, record)
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
    const message = say('taken_back', { revision, to: revertTo, reason })
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
    for (const revision of state.attempted) await refuse(this.#ports, revision, say('died'))
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
    this.#watch.guard(live.confirm)
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
    throw failure('not_found', 'no_revision', { revision }, 'history')
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => undefined)
    return turn
  }
}
