import { type ManualClock, manualClock } from '../../core/clock.ts'
import { KfError } from '../../core/errors.ts'
import { createSnapshotContainer, type SnapshotContainer } from '../config/container.ts'
import { hashOf } from '../config/hash.ts'
import type { ParsedConfig, Snapshot } from '../config/snapshot.ts'
import type { Place } from '../storage/conformance/world.ts'
import { sqlitePlace } from '../storage/sqlite/place.ts'
import type { Store } from '../storage/store.ts'
import { type CenterPorts, ConfigCenter } from './center.ts'
import type { CenterProcess } from './commit.ts'
import { allWaits, type Vitals } from './health.ts'
import type { AskProcess, ConfigAnswers, ConfigCall } from './messages.ts'
import { createParticipant, type Participant } from './participant.ts'
import { createCenterStore } from './store.ts'
import { carryOutStoreCall } from './store-calls.ts'
import type { Change } from './transaction.ts'
import type { ConfigTexts } from './wire.ts'

/** A child of a node, with a hand on what it does at each call. */
export class ProcessInTest implements CenterProcess {
  readonly name: string
  ready = true
  /** Runs before a call is carried out; a throw is its answer. */
  before: (call: ConfigCall) => void | Promise<void> = () => undefined
  /** Runs when it was carried out; a throw takes the answer's place. */
  after: (call: ConfigCall) => void | Promise<void> = () => undefined
  readonly heard: string[] = []
  #container: SnapshotContainer | undefined
  #participant: Participant | undefined
  #revision = 0
  readonly #answerStore: ((call: ConfigCall) => Promise<unknown>) | undefined

  constructor(name: string, answerStore?: (call: ConfigCall) => Promise<unknown>) {
    this.name = name
    this.#answerStore = answerStore
  }

  start({ revision, snapshot }: ConfigCenter['inEffect']): void {
    this.ready = true
    this.#revision = revision
    this.#container = createSnapshotContainer(snapshot, (error) => {
      throw error
    })
    const breakAt = (): void => undefined
    this.#participant = createParticipant({
      container: this.#container,
      revision,
      hash: clusterHash,
      breakAt,
    })
  }

  /** What is in effect in it. */
  get says(): string {
    return saidBy(this.#container?.current())
  }

  isReady(): boolean {
    return this.ready
  }

  revision(): number {
    return this.#revision
  }

  readonly ask: AskProcess = async <Call extends ConfigCall>(call: Call) => {
    if (!this.ready) throw unavailable(`the ${this.name} is waiting`)
    await this.before(call)
    const answer = await this.#carryOut(call)
    await this.after(call)
    if (call.step === 'commit') this.#revision = Math.max(this.#revision, call.revision)
    // The fake answers by the same types.
    return answer as ConfigAnswers[Call['step']]
  }

  async #carryOut(call: ConfigCall): Promise<unknown> {
    if (call.step.startsWith('store.')) return this.#answerStore?.(call)
    this.heard.push(call.step)
    if (call.step === 'prepare') return this.#participant?.prepare(call)
    if (call.step === 'commit') return this.#participant?.commit(call)
    if (call.step === 'abort') return this.#participant?.abort(call)
    if (call.step === 'in_effect') return this.#participant?.inEffect()
    return undefined
  }
}

/** One node without its processes: a real store, fake children, a folder that is a value, a clock held in the hand. */
export class CenterInTest {
  readonly clock: ManualClock = manualClock()
  readonly log: string[] = []
  readonly place: Place
  store: Store
  writer: ProcessInTest
  workers: ProcessInTest[]
  center: ConfigCenter
  disk: ConfigTexts
  health: Vitals = { notReady: [], restarts: 0, taken: 0, refused: 0, waits: allWaits([]) }

  private constructor(place: Place, clock: ManualClock, store: Store, disk: ConfigTexts) {
    this.place = place
    this.clock = clock
    this.store = store
    this.disk = disk
    this.writer = this.#writer()
    this.workers = [new ProcessInTest('worker 0'), new ProcessInTest('worker 1')]
    this.center = this.#center()
  }

  static async start(disk: ConfigTexts = saying('one')): Promise<CenterInTest> {
    const clock = manualClock()
    const place = sqlitePlace(clock)
    const world = new CenterInTest(place, clock, await place.open(), disk)
    await world.#begin()
    return world
  }

  /** As after a power cut: the store as it was synced, everything else new. `disk`: what the folder holds by then. */
  async killAll(disk: ConfigTexts = this.disk): Promise<void> {
    const killed = this.store
    this.store = await this.place.afterKill()
    await killed.close()
    this.disk = disk
    this.writer = this.#writer()
    this.workers = this.workers.map(({ name }) => new ProcessInTest(name))
    this.center = this.#center()
    await this.#begin()
  }

  async end(): Promise<void> {
    await this.store.close()
    await this.place.dispose()
  }

  apply(files: ConfigTexts, change: Partial<Change> = {}): ReturnType<ConfigCenter['apply']> {
    return this.center.apply({
      files,
      who: 'ann',
      message: '',
      action: 'apply',
      confirmWithinMs: undefined,
      ifMatch: undefined,
      forced: false,
      ...change,
    })
  }

  get processes(): readonly ProcessInTest[] {
    return [this.writer, ...this.workers]
  }

  /** Lets time pass until the work is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    let done = false
    const end = (): void => {
      done = true
    }
    work.then(end, end)
    while (!done) {
      await new Promise((resolve) => setImmediate(resolve))
      if (!done) this.clock.advance(50)
    }
    return work
  }

  /** What each process has in effect, and what the store says is live. */
  async everywhere(): Promise<readonly string[]> {
    const { live, files } = await this.center.show()
    return [`${live.revision} ${files['server.toml'] ?? ''}`, ...this.processes.map((each) => each.says)]
  }

  async #begin(): Promise<void> {
    this.writer.start(this.center.inEffect)
    for (const worker of this.workers) worker.ready = false
    await this.center.start(this.disk)
    for (const worker of this.workers) worker.start(this.center.inEffect)
  }

  #writer(): ProcessInTest {
    return new ProcessInTest('writer', (call) => {
      if (!isStoreCall(call)) throw new Error(`${call.step} is not for the store`)
      const submitAll = (batch: Parameters<Store['commit']>[0]): ReturnType<Store['commit']> =>
        this.store.commit(batch)
      return carryOutStoreCall({ revisions: this.store.revisions, submitAll, breakAt: () => undefined }, call)
    })
  }

  #center(): ConfigCenter {
    const say = (_: unknown, message: string): void => {
      this.log.push(message)
    }
    const ports: CenterPorts = {
      node: 'node',
      language: {
        parse: (files) => Promise.resolve(parse(files)),
        diff: () => [],
        hash: clusterHash,
        keys: () => [],
      },
      store: createCenterStore((call) => this.writer.ask(call), this.clock, 'node'),
      processes: () => this.processes,
      disk: () => Promise.resolve(this.disk),
      health: () => this.health,
      sockets: () => 7,
      startedWith: {},
      running: () => ({
        listen: { host: '127.0.0.1', port: 7_000 },
        adminListen: { host: '127.0.0.1', port: 7_001 },
        workers: 2,
        data: '/var/lib/kf',
        ownToken: true,
      }),
      clock: this.clock,
      log: { info: say, warn: say, error: say },
      breakAt: () => undefined,
    }
    return new ConfigCenter(ports, snapshotSaying(this.disk['server.toml'] ?? ''))
  }
}

export function saying(text: string): ConfigTexts {
  return { 'server.toml': text }
}

export function unavailable(message: string): KfError {
  return new KfError('unavailable', message)
}

function isStoreCall(call: ConfigCall): call is Extract<ConfigCall, { readonly step: `store.${string}` }> {
  return call.step.startsWith('store.')
}

// The centre never looks into a snapshot: one text stands for all values.
function snapshotSaying(text: string): Snapshot {
  return { node: {}, cluster: { text } } as unknown as Snapshot
}

function saidBy(snapshot: Snapshot | undefined): string {
  return (snapshot?.cluster as { readonly text?: string } | undefined)?.text ?? ''
}

function parse(files: ConfigTexts): ParsedConfig {
  const text = files['server.toml'] ?? ''
  if (!text.includes('invalid')) return { ok: true, snapshot: snapshotSaying(text), sources: {} }
  const said = (it: string) => ({ en: it, zh: it })
  return {
    ok: false,
    problems: [
      {
        file: 'server.toml',
        line: 1,
        column: 1,
        length: 1,
        key: 'text',
        code: 'bad_value',
        what: said('is invalid'),
        fix: said('write something else'),
      },
    ],
  }
}

function clusterHash(snapshot: Snapshot): string {
  return hashOf(snapshot, 'cluster')
}
