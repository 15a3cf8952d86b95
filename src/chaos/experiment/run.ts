import { KfError, messageOf } from '../../core/errors.ts'
import type { PhaseEntry } from '../check/history.ts'
import { seededRandom } from '../load/random.ts'
import type { Topology } from '../topology/topology.ts'
import type { Experiment, Timeline } from './experiment.ts'
import { Injector } from './injector.ts'
import { Meter } from './meter.ts'
import { openPlug } from './plug.ts'
import type { ExperimentPorts } from './ports.ts'
import { readBack } from './read-back.ts'
import { Recorder } from './recorder.ts'
import type { ExperimentEvents, ExperimentResult } from './result.ts'
import { resultOf } from './result-of.ts'
import { type RawLook, Seconds } from './seconds.ts'
import { until } from './wait.ts'
import { toxiproxyAnswers, Watch } from './watch.ts'
import { Crowd } from './workload.ts'

const connectWithinMs = 60_000
/** Of those asked for, before anything is measured. */
const connectedAtLeast = 0.99
const drainWithinMs = 40_000
/** Nothing more came for so long: everybody was told everything. `convergence` asks for 1.5 s. */
const quietMs = 2_000
const secondsShown = 1_000

/**
 * Runs an experiment to its result: warm-up, baseline, faults, recovery, drain, read-back, verdicts. Whatever ends it early,
 * everything is healed and stopped. Rejects only where nothing could be started, with what was started stopped again.
 */
export async function runExperiment(
  experiment: Experiment,
  timeline: Timeline,
  ports: ExperimentPorts,
  events: ExperimentEvents,
  network: Network = realNetwork,
): Promise<ExperimentResult> {
  events.step('start')
  const topology = await ports.startTopology(experiment.topology, experiment.workload)
  const run = new Run(experiment, timeline, ports, events, topology, network)
  return await run.play()
}

/** What goes over sockets; replaced in tests. */
export type Network = {
  readonly openPlug: typeof openPlug
  readonly readBack: typeof readBack
  readonly toxiproxyAnswers: typeof toxiproxyAnswers
}
const realNetwork: Network = { openPlug, readBack, toxiproxyAnswers }

class Run {
  readonly #experiment: Experiment
  readonly #timeline: Timeline
  readonly #ports: ExperimentPorts
  readonly #events: ExperimentEvents
  readonly #topology: Topology
  readonly #network: Network
  readonly #meter = new Meter()
  readonly #recorder: Recorder
  readonly #checker: ReturnType<ExperimentPorts['createChecker']>
  readonly #crowd: Crowd
  readonly #injector: Injector
  readonly #watch: Watch
  readonly #seconds: Seconds
  readonly #ended = Promise.withResolvers<void>()
  readonly #troubles: string[] = []
  #abortedBy: string | undefined
  #zero: number | undefined
  #phase: PhaseEntry['phase'] | undefined
  /** When each row's phase began and ended, on the history's scale. */
  readonly #spans = { faultFrom: 0, recoveryFrom: 0, end: 0 }
  #lastAnswerAt = 0
  #endTtl: () => void = () => {}

  constructor(
    experiment: Experiment,
    timeline: Timeline,
    ports: ExperimentPorts,
    events: ExperimentEvents,
    topology: Topology,
    network: Network,
  ) {
    this.#experiment = experiment
    this.#timeline = timeline
    this.#ports = ports
    this.#events = events
    this.#topology = topology
    this.#network = network
    const { clock, history } = ports
    const { workload, seed, safety, checks } = experiment
    this.#checker = ports.createChecker(checks)
    this.#recorder = new Recorder(clock, history, this.#checker, this.#meter)
    this.#crowd = new Crowd({
      plan: workload,
      topology,
      clock,
      seed,
      openPlug: network.openPlug,
      acks: () => this.#recorder.counts.acks,
      note: (note) => {
        if (note.e === 'ok' || note.e === 'seen') this.#lastAnswerAt = clock.monotonic()
        this.#recorder.note(note)
      },
    })
    this.#injector = new Injector({
      kinds: ports.kinds,
      context: {
        topology,
        clock,
        random: seededRandom(seed, 104),
        undo: ports.undo,
        clients: this.#crowd.faultClients,
      },
      note: (note) => {
        this.#recorder.note(note)
      },
      now: () => this.#recorder.now() - this.#from(),
      onFault: (record, event) => {
        this.#events.fault(record, event)
        this.#faultOrCalm()
      },
    })
    this.#watch = new Watch({
      safety,
      topology,
      meter: this.#meter,
      nodesTouched: () => this.#injector.nodesTouched,
      answers: network.toxiproxyAnswers,
    })
    this.#seconds = new Seconds({
      clock,
      recorder: this.#recorder,
      meter: this.#meter,
      topology,
      crowd: this.#crowd,
      asked: this.#crowd.visitors.length + this.#crowd.agents.length,
      onSecond: (look) => {
        this.#second(look)
      },
    })
  }

  async play(): Promise<ExperimentResult> {
    const { signal, clock, history } = this.#ports
    const startedAt = new Date(clock.now()).toISOString()
    const began = clock.monotonic()
    const onSignal = (): void => {
      this.#abort('interrupted')
    }
    signal.addEventListener('abort', onSignal)
    if (signal.aborted) onSignal()
    this.#ports.onTrouble((trouble) => {
      // All connections were cut, which no fault asked for: what was seen stands, but the run is not what it says.
      if (trouble.code === 'toxiproxy_restarted') this.#troubles.push(trouble.message)
      else this.#abort(trouble.message)
    })
    try {
      await this.#warmUp()
      await this.#faults()
      await this.#recover()
      await this.#drain()
      await this.#readBack()
    } catch (error) {
      // A defect of the harness must not leave a fault behind either.
      this.#abort(error instanceof KfError ? messageOf(error) : `the harness failed: ${messageOf(error)}`)
    } finally {
      signal.removeEventListener('abort', onSignal)
    }
    this.#events.step('stop')
    await this.#injector.healAll()
    this.#spans.end ||= this.#recorder.now()
    this.#enter('end')
    this.#recorder.end()
    this.#endTtl()
    this.#seconds.stop()
    this.#crowd.stop()
    await this.#topology.stop().catch((error: unknown) => {
      this.#troubles.push(`the topology did not stop: ${messageOf(error)}`)
    })
    try {
      history.close()
    } catch (error) {
      this.#troubles.push(messageOf(error))
    }
    this.#events.step('check')
    return resultOf({
      experiment: this.#experiment,
      timeline: this.#timeline,
      startedAt,
      tookMs: clock.monotonic() - began,
      target:
        this.#topology.nodes[0] === undefined
          ? ''
          : this.#topology.directAddress(this.#topology.nodes[0].name),
      machine: this.#ports.machine,
      command: this.#ports.command,
      verdicts: this.#checker.end(),
      faults: this.#injector.records,
      left: this.#injector.left,
      counts: { ...this.#recorder.counts, unknown: this.#crowd.open },
      abortedBy: this.#abortedBy,
      interrupted: signal.aborted,
      troubles: this.#troubles,
      meter: this.#meter,
      looks: this.#seconds.all,
      zero: this.#from(),
      spans: this.#zero === undefined ? undefined : { ...this.#spans, baselineFrom: this.#zero },
    })
  }

  async #warmUp(): Promise<void> {
    const { visitors, agents, warmupMs } = this.#experiment.workload
    this.#enter('warmup')
    this.#events.step('connect')
    this.#crowd.start()
    const enough = (): boolean => {
      const there = this.#crowd.connected('visitors') + this.#crowd.connected('agents')
      return this.#over() || there >= connectedAtLeast * (visitors + agents)
    }
    const connected = await until(this.#ports.clock, connectWithinMs, 50, enough)
    if (!connected) {
      const there = `${this.#crowd.connected('visitors')} of ${visitors} visitors and ${this.#crowd.connected('agents')} of ${agents} agents`
      this.#abort(`only ${there} were connected within ${connectWithinMs / 1000} s`)
    }
    if (this.#experiment.topology.kind === 'embedded') this.#crowd.noteCapacities()
    this.#crowd.talk(true)
    this.#events.step('warmup')
    await this.#pause(warmupMs)
  }

  async #faults(): Promise<void> {
    if (this.#over()) return
    const zero = this.#recorder.now()
    this.#zero = zero
    this.#seconds.align()
    this.#enter('baseline')
    this.#events.step('baseline')
    for (const step of this.#timeline.steps) {
      await this.#pause(zero + step.at - this.#recorder.now())
      if (this.#over()) return
      this.#spans.faultFrom ||= this.#recorder.now()
      this.#injector.begin(step)
      this.#startTtl()
    }
    await this.#pause(zero + this.#timeline.faultsEndMs - this.#recorder.now())
  }

  async #recover(): Promise<void> {
    if (this.#over()) return
    this.#events.step('heal')
    await this.#injector.healAll()
    this.#spans.recoveryFrom = this.#recorder.now()
    this.#enter('recovery')
    this.#events.step('recovery')
    await this.#pause(this.#experiment.recoveryMs)
    this.#spans.end = this.#recorder.now()
  }

  /** Nothing new is said; what was said is answered, and what was answered is shown to everybody. */
  async #drain(): Promise<void> {
    this.#crowd.talk(false)
    if (this.#over()) return
    this.#enter('drain')
    this.#events.step('drain')
    const { clock } = this.#ports
    const began = clock.monotonic()
    const isQuiet = (): boolean => clock.monotonic() - Math.max(began, this.#lastAnswerAt) >= quietMs
    const drained = (): boolean => this.#over() || (this.#crowd.open === 0 && isQuiet())
    await until(clock, drainWithinMs, 100, drained)
  }

  async #readBack(): Promise<void> {
    if (this.#over()) return
    this.#enter('read-back')
    this.#events.step('read-back')
    const troubles = await this.#network.readBack({
      topology: this.#topology,
      visitors: this.#crowd.visitors,
      recorder: this.#recorder,
      stopped: () => this.#over(),
    })
    this.#troubles.push(...troubles)
  }

  #second(look: RawLook): void {
    const shown = { ...look, t: look.at - this.#from() }
    const { connected: _connected, ready: _ready, at: _at, ...second } = shown
    this.#events.second(second, {
      active: this.#injector.active,
      violations: 0,
      undoSynced: true,
    })
    if (this.#zero === undefined || this.#phase === 'drain' || this.#phase === 'read-back') return
    const crossed = this.#watch.crossed(shown, this.#zero)
    if (crossed !== undefined) this.#abort(crossed)
    void this.#watch.died().then((why) => {
      if (why !== undefined) this.#abort(why)
    })
  }

  #startTtl(): void {
    if (this.#injector.records.length > 1) return
    const { ttlMs } = this.#experiment.safety
    this.#endTtl = this.#ports.clock.after(ttlMs, () => {
      if (this.#injector.active.length > 0) this.#abort(`the ttl of ${ttlMs / secondsShown} s is over`)
    })
  }

  #abort(why: string): void {
    if (this.#phase === 'end') return
    this.#abortedBy ??= why
    this.#ended.resolve()
  }

  #over(): boolean {
    return this.#abortedBy !== undefined
  }

  async #pause(ms: number): Promise<void> {
    if (this.#over()) return
    let cancel: () => void = () => {}
    const time = new Promise<void>((resolve) => {
      cancel = this.#ports.clock.after(Math.max(0, ms), resolve)
    })
    await Promise.race([time, this.#ended.promise])
    cancel()
  }

  #enter(phase: PhaseEntry['phase']): void {
    if (this.#phase === phase) return
    this.#phase = phase
    this.#recorder.note({ e: 'phase', p: 'harness', phase })
  }

  /** Between the first fault and the recovery it is calm while none holds. */
  #faultOrCalm(): void {
    if (this.#phase !== 'baseline' && this.#phase !== 'fault' && this.#phase !== 'calm') return
    this.#enter(this.#injector.active.length > 0 ? 'fault' : 'calm')
  }

  /** The baseline's beginning; before it has begun, when it will have, as far as anybody knows. */
  #from(): number {
    return this.#zero ?? this.#recorder.now() + this.#experiment.workload.warmupMs
  }
}
