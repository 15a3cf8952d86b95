import type { SocketEvents } from '../../client/session.ts'
import { type ManualClock, manualClock } from '../../core/clock.ts'
import { decodeClientFrame } from '../../protocol/decode.ts'
import type { ClientFrame, Message, ServerFrame } from '../../protocol/frames.ts'
import { wireLimits } from '../../protocol/limits.ts'
import type { HistoryEntry } from '../check/history.ts'
import { invariants } from '../check/verdict.ts'
import type { FaultKind, UndoStep } from '../fault/fault.ts'
import type { Topology } from '../topology/topology.ts'
import type { Experiment, Timeline, TimelineStep } from './experiment.ts'
import type { OpenPlug, Plug } from './plug.ts'
import type { ExperimentPorts } from './ports.ts'
import type { ExperimentResult } from './result.ts'
import { type Network, runExperiment } from './run.ts'

/** A server in memory that answers at once: each visitor has one conversation; nobody is assigned. */
export class MemoryServer {
  /** While true it takes sends and answers nothing. */
  deaf = false
  readonly #visitors = new Map<string, Message[]>()
  #names = 0

  readonly openPlug: OpenPlug = (_address, { onPlug, onGone }) => {
    return (_url, _protocol, events) => {
      let gone = false
      const end = (code: number): void => {
        if (gone) return
        gone = true
        onGone(plug, code)
        events.onclose(code)
      }
      const plug: Plug = {
        cut: () => {
          end(1006)
        },
        read: () => {},
      }
      onPlug(plug)
      queueMicrotask(events.onopen)
      return {
        send: (text) => {
          const decoded = decodeClientFrame(text)
          if (decoded.ok && !gone) this.#handle(decoded.frame, events)
        },
        close: (code) => {
          end(code)
        },
      }
    }
  }

  #handle(frame: ClientFrame, events: SocketEvents): void {
    const say = (answer: ServerFrame): void => {
      queueMicrotask(() => {
        events.onmessage(JSON.stringify(answer))
      })
    }
    if (frame.type === 'hello') {
      const agent = frame.site === undefined
      this.#names += 1
      const token = frame.token ?? `visitor${this.#names}`
      this.#of.set(events, token)
      say({
        type: 'welcome',
        incarnation: 'one',
        you: { role: agent ? 'agent' : 'visitor', id: token },
        site: { id: 's', name: 'Shop' },
        token,
        limits: wireLimits,
        conversations: [],
      })
      return
    }
    if (frame.type !== 'send' || this.deaf) return
    const id = this.#of.get(events) ?? ''
    const log = this.#visitors.get(id) ?? []
    this.#visitors.set(id, log)
    const known = log.find((message) => message.id === frame.id)
    const seq = known?.seq ?? log.length + 1
    const place = { conversation: id, stream: 'public', seq, id: frame.id, at: 0 } as const
    if (known === undefined)
      log.push({ type: 'message', ...place, from: { role: 'visitor', id }, body: frame.body })
    say({ type: 'ack', ...place })
  }

  readonly #of = new Map<SocketEvents, string>()
}

export function experimentOf(change: Partial<Experiment> = {}): Experiment {
  return {
    version: 1,
    name: 'test',
    title: 'Does the run itself work?',
    tags: [],
    seed: 7,
    topology: { kind: 'embedded', workers: 1 },
    workload: {
      visitors: 4,
      agents: 0,
      capacity: 10,
      rate: 2,
      answers: 0,
      desk: 0,
      reconnectPerMinute: 0,
      slowReaders: 0,
      warmupMs: 1_000,
    },
    safety: { allowTargets: ['127.0.0.1'], maxNodesAffected: 1, ttlMs: 60_000, abortIf: [] },
    probes: [],
    method: [],
    recoveryMs: 10_000,
    checks: {
      resetsAllowed: 0,
      convergeWithinMs: 10_000,
      maxRssGrowthBytes: 1e9,
      minimum: { acks: 0, retries: 0, resumes: 0 },
      invariants,
    },
    report: {},
    ...change,
  }
}

export function stepOf(change: Partial<TimelineStep> = {}): TimelineStep {
  return {
    n: 1,
    at: 10_000,
    until: 20_000,
    fault: 'deaf',
    on: 'node',
    params: {},
    momentary: false,
    ...change,
  }
}

export function timelineOf(...steps: readonly TimelineStep[]): Timeline {
  const faultsEndMs = Math.max(...steps.map(({ at, until }) => until ?? at))
  return { baselineMs: steps[0]?.at ?? 0, faultsEndMs, endsMs: faultsEndMs + 10_000, steps }
}

/** A fault of the server in memory; `change` breaks it. */
export function deafFault(server: MemoryServer, change: Partial<FaultKind> = {}): FaultKind {
  return {
    name: 'deaf',
    describe: { en: 'Answers nothing.', zh: '不应答。' },
    on: 'link',
    needs: [],
    params: {} as FaultKind['params'],
    momentary: false,
    showsWithinMs: 1_000,
    inject: async () => {
      server.deaf = true
      return {
        verify: async () => (server.deaf ? 'it is deaf' : undefined),
        heal: async () => {
          server.deaf = false
        },
      }
    },
    ...change,
  }
}

export type Played = {
  readonly result: ExperimentResult
  readonly history: readonly HistoryEntry[]
  readonly steps: readonly string[]
  readonly stopped: boolean
}
export type Playing = {
  readonly clock: ManualClock
  readonly server: MemoryServer
  readonly abort: AbortController
  /** Called each 10 ms of virtual time, with the time since the start. */
  at: (ms: number) => void
}

/** A whole run on a clock that moves as fast as it can. */
export async function played(
  experiment: Experiment,
  timeline: Timeline,
  kinds: (playing: Playing) => readonly FaultKind[],
  change: {
    readonly network?: Partial<Network>
    readonly topology?: Partial<Topology>
    readonly at?: (playing: Playing, ms: number) => void
  } = {},
): Promise<Played> {
  const clock = manualClock()
  const server = new MemoryServer()
  const abort = new AbortController()
  const playing: Playing = { clock, server, abort, at: (ms) => change.at?.(playing, ms) }
  const history: HistoryEntry[] = []
  const steps: string[] = []
  let stopped = false
  const topology: Topology = {
    nodes: [node],
    links: [],
    addressFor: () => 'ws://memory/ws',
    directAddress: () => 'ws://memory/ws',
    toxiproxy: 'http://memory',
    site: 'site',
    agentTokens: [],
    sample: () => Promise.resolve({ rssBytes: 1_000, connections: 4 }),
    stop: async () => {
      stopped = true
    },
    ...change.topology,
  }
  const ports: ExperimentPorts = {
    clock,
    kinds: new Map(kinds(playing).map((kind) => [kind.name, kind])),
    startTopology: async () => topology,
    undo: async (_step: UndoStep) => ({ done: async () => {} }),
    history: { write: (entry) => history.push(entry), close: () => {} },
    onTrouble: () => {},
    createChecker: () => ({
      add: () => {},
      end: () =>
        invariants.map((invariant) => ({
          invariant,
          status: 'pass',
          checked: 1,
          violations: 0,
          evidence: [],
        })),
    }),
    signal: abort.signal,
    machine: 'a machine',
    command: 'kf chaos run test',
  }
  const events = { step: (what: string) => steps.push(what), second: () => {}, fault: () => {} }
  const network = {
    openPlug: server.openPlug,
    readBack: async () => [],
    toxiproxyAnswers: async () => true,
    ...change.network,
  }
  let result: ExperimentResult | undefined
  const running = runExperiment(experiment, timeline, ports, events, network).then((end) => {
    result = end
  })
  for (let ms = 0; result === undefined && ms < longestMs; ms += tickMs) {
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    playing.at(ms)
    clock.advance(tickMs)
  }
  if (result === undefined) throw new Error(`it had not ended after ${longestMs} virtual ms`)
  await running
  return { result, history, steps, stopped }
}

const longestMs = 300_000
const tickMs = 10
/** Enough for the longest chain of promises between two timers. */
const turns = 30

export const node: Topology['nodes'][number] = {
  name: 'node',
  processes: () => Promise.resolve({ supervisor: 1, workers: new Map() }),
  dataFolder: '/data',
  adminSocket: undefined,
  kill: async () => {},
  start: async () => {},
  stop: async () => {},
  ready: () => Promise.resolve(true),
}
