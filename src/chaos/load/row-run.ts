import { KfError } from '../../core/errors.ts'
import { account, type Integrity } from '../report/account.ts'
import { SeriesCollector } from '../report/collect-series.ts'
import { complaintText } from '../report/complaints.ts'
import { growthOf } from '../report/growth.ts'
import { type Complaint, judge, type Trust } from '../report/judge.ts'
import type { MeasuredStep } from '../report/rest.ts'
import { buildRow, emptyRow, mergeHistograms, type Row, type RowHistograms } from '../report/row.ts'
import type { Series } from '../report/series.ts'
import type { StagesReading } from '../report/stages.ts'
import type { Flow, Ramp, RestStep } from '../scenario/scenario.ts'
import type { RunningTarget, Target } from '../targets/target.ts'
import { settleWithinMs } from './crowd.ts'
import { Fleet, type Lost } from './fleet.ts'
import { ackWithinMs, generatorPlans } from './generator-plans.ts'
import type { GeneratorResult, LoadMode, Progress, Reason, Trouble } from './ipc.ts'
import { fileSystemOf } from './machine.ts'
import { coreSplit, pin } from './pin.ts'
import { startProbe } from './probe.ts'
import type { RemoteHost } from './remote-host.ts'
import { type HostsPlan, openHosts } from './remote-hosts.ts'
import { type HostReport, reportHosts, sampleHosts, trustWithHosts } from './remote-usage.ts'
import { RestSteps } from './rest-steps.ts'
import { takeSample, type Usage, usageBetween } from './sampling.ts'
import { type Queue, StageWatch } from './stage-watch.ts'
import { type Visits, visitsOf } from './visits.ts'
import { pause, pauseAndWatch } from './wait.ts'

export type RowPlan = {
  readonly target: Target
  readonly visitors: number
  readonly agents: number
  readonly workers: number
  readonly generators: number
  readonly mode: LoadMode
  readonly intervalMs: number
  readonly answers: boolean
  readonly seed: number
  readonly warmupMs: number
  readonly durationMs: number
  /** Connections, and how long sending takes to reach its rate. */
  readonly ramp: Ramp
  readonly flows: readonly Flow[]
  readonly trouble: Trouble
  /** Requests beside the sockets, over the measured window. */
  readonly rest?: readonly RestStep[] | undefined
  /** Hosts that lend the generators; undefined: they run here. */
  readonly hosts?: HostsPlan | undefined
}

export type RowPhase = 'start' | 'connect' | 'warm-up' | 'measure' | 'drain'

export type RowWatcher = {
  /** Both times on the run's clock. */
  readonly phase: (phase: RowPhase, untilMs: number, nowMs: number) => void
  readonly progress: (generator: number, progress: Progress) => void
  /** About every second: what was used since the last call, and the server's resident bytes. */
  readonly usage: (usage: Usage, rss: number | null, persistQueue: Queue | null) => void
}

export type RowContext = {
  /** Nanoseconds of the machine's monotonic clock, the same in all processes. */
  readonly hrtime: () => bigint
  readonly wall: () => number
  readonly pid: number
  readonly coreCount: number
  readonly signal: AbortSignal
  readonly watcher: RowWatcher
}

/** `name` goes behind the row's concurrency. */
export type RawFile = { readonly name: string; readonly text: string }

export type RowOutcome = {
  readonly row: Row
  readonly complaint: Complaint | null
  readonly integrity: Integrity | null
  readonly histograms: RowHistograms | null
  readonly usage: Usage | null
  readonly trust: Trust | null
  readonly connectedAgents: number
  readonly reasons: readonly Reason[]
  /** What visitors went through; absent where nothing was sent, and where another engine sent it. */
  readonly visits?: Visits | undefined
  readonly series?: Series | undefined
  /** What the target's own stages did meanwhile, where it says so. */
  readonly stages?: StagesReading | undefined
  /** The last lines of the target's error output. */
  readonly targetLog: string
  /** The target's own end, when it ended before it was told to. */
  readonly targetEnded: string | null
  /** What another engine than kf's left: its raw results, kept with the report. */
  readonly files?: readonly RawFile[]
  /** Of the scenario's requests, when it has some. */
  readonly rest?: readonly MeasuredStep[]
  /** Those that lent the generators, when some did. */
  readonly hosts?: readonly HostReport[]
}

const settleMs = 500

export const interrupted: Complaint = { kind: 'interrupted', value: '', bound: '' }

/** Measures one row: starts the target and the generators, and stops both again whatever happens. */
export async function runRow(plan: RowPlan, context: RowContext): Promise<RowOutcome> {
  const zeroNs = context.hrtime()
  const zeroWallMs = context.wall()
  const now = (): number => Number(context.hrtime() - zeroNs) / 1e6
  const cleanups: (() => Promise<void> | void)[] = []
  try {
    context.watcher.phase('start', now(), now())
    const target = await plan.target.start({
      visitors: plan.visitors,
      agents: plan.agents,
      capacity: Math.max(2, Math.ceil((plan.visitors / Math.max(1, plan.agents)) * 2)),
      workers: plan.workers,
    })
    cleanups.push(() => target.stop())
    const probe = await startProbe(now)
    cleanups.push(() => {
      probe.stop()
    })
    const busiest = Math.ceil((plan.visitors + plan.agents) / plan.generators)
    const hosts = await openHosts(plan.hosts, busiest, context.hrtime, context.signal)
    cleanups.push(async () => {
      await Promise.all(hosts.map((host) => host.close()))
    })
    const plans = generatorPlans(plan, target, { zeroNs, zeroWallMs, probePort: probe.port })
    const fleet = await Fleet.start(plans, context.signal, hosts)
    cleanups.push(() => fleet.stop())
    const rest = await RestSteps.startAny(plan.rest, target, context.wall)
    cleanups.push(() => rest?.stop())
    const pinned = plan.mode === 'closed' && pinApart(target.pids, fleet.pids, context.coreCount)
    return await measure(plan, context, { now, target, fleet, hosts, rest, pinned })
  } catch (error) {
    if (context.signal.aborted) return withoutResult(plan, interrupted)
    throw error
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup()
  }
}

type Parts = {
  readonly now: () => number
  readonly target: RunningTarget
  readonly fleet: Fleet
  readonly hosts: readonly RemoteHost[]
  readonly rest: RestSteps | undefined
  readonly pinned: boolean
}

async function measure(plan: RowPlan, context: RowContext, parts: Parts): Promise<RowOutcome> {
  const { now, target, fleet } = parts
  const { watcher } = context
  const collector = new SeriesCollector()
  fleet.onProgress((generator, progress) => {
    collector.add(generator, progress)
    watcher.progress(generator, progress)
  })
  const connectMs = settleWithinMs + 5_000 + (plan.visitors / plan.ramp.connectPerSecond) * 10_000
  watcher.phase('connect', now() + (plan.visitors / plan.ramp.connectPerSecond) * 1000, now())
  const agents = await fleet.connect('agents', plan.ramp.connectPerSecond, connectMs, context.signal)
  const visitors = await fleet.connect('visitors', plan.ramp.connectPerSecond, connectMs, context.signal)
  if (visitors.connected === 0) throw nobodyConnected(plan, target, visitors.reasons)
  // A target that dies is waited for to the end: what visitors would have sent then are errors, and are counted.
  // A generator that dies ends the row, which is worth nothing without it.
  const stopped = (): boolean => context.signal.aborted || fleet.lost.length > 0
  await pause(settleMs, stopped)
  const startAt = now() + 100
  const rampMs = plan.ramp.overMs
  const measureFrom = startAt + rampMs + plan.warmupMs
  const window = { startAt, rampMs, measureFrom, measureTo: measureFrom + plan.durationMs }
  const loading = parts.rest === undefined ? fleet.pids : [...fleet.pids, parts.rest.pid]
  const sample = () => takeSample(now(), target.pids, loading, context.pid)
  collector.start(window)
  fleet.start(window)
  watcher.phase('warm-up', window.measureFrom, now())
  await pause(window.measureFrom - now(), stopped)
  const before = sample()
  const stages = await StageWatch.begin(target, now)
  const hostsBefore = await sampleHosts(parts.hosts)
  watcher.phase('measure', window.measureTo, now())
  const requested = parts.rest?.run(plan.durationMs, context.signal)
  // It may fail long before it is waited for.
  requested?.catch(() => {})
  await pauseAndWatch(window.measureTo - now(), stopped, sample, stages, withMemory(context, collector, now))
  const after = sample()
  const stagesReading = await stages.end()
  const hostsAfter = await sampleHosts(parts.hosts)
  const targetEnded = target.ended() ?? null
  watcher.phase('drain', now() + ackWithinMs, now())
  const hurry = stopped() || targetEnded !== null
  const results = await fleet.finish(hurry ? 1_000 : 20_000, hurry ? 2_000 : 60_000)
  return outcome(plan, context, parts, {
    rest: (await requested)?.steps,
    results,
    connected: visitors.connected,
    connectedAgents: agents.connected,
    targetEnded,
    usage: usageBetween(before, after, context.coreCount),
    rss: after.serverRss,
    series: collector.series,
    stages: stagesReading,
    hosts: await reportHosts(hostsBefore, hostsAfter),
  })
}

// What the server holds goes into the series as well as on the screen.
function withMemory(context: RowContext, collector: SeriesCollector, now: () => number): RowContext {
  const { watcher } = context
  return {
    ...context,
    watcher: {
      ...watcher,
      usage: (usage, rss, queue) => {
        collector.memory(now(), rss)
        watcher.usage(usage, rss, queue)
      },
    },
  }
}

type Findings = {
  readonly rest: readonly MeasuredStep[] | undefined
  readonly results: readonly GeneratorResult[]
  readonly connected: number
  readonly connectedAgents: number
  readonly targetEnded: string | null
  readonly usage: Usage
  readonly rss: number | null
  readonly series: Series | undefined
  readonly stages: StagesReading | undefined
  readonly hosts: readonly HostReport[]
}

function outcome(plan: RowPlan, context: RowContext, parts: Parts, found: Findings): RowOutcome {
  const { results, usage } = found
  const histograms = mergeHistograms(results)
  const split = parts.pinned ? coreSplit(context.coreCount) : null
  const fileSystem = parts.target.dataFolder === undefined ? null : fileSystemOf(parts.target.dataFolder)
  const own: Trust = {
    mode: plan.mode,
    loopLagP99Ms: histograms.loopLag.quantileMs(0.99),
    receiveLagP99Ms: histograms.receiveLag.quantileMs(0.99),
    slipP99Ms: histograms.slip.quantileMs(0.99),
    busiestGeneratorCores: usage.busiestGeneratorCores,
    generatorCores: usage.generatorCores,
    serverCores: usage.serverCores,
    // Of a server that was not started here, nobody can tell its CPU from a stranger's.
    otherCores: parts.target.pids.length > 0 ? usage.otherCores : null,
    stealShare: usage.stealShare,
    memoryPressure: usage.memoryPressure,
    cpuPressure: usage.cpuPressure,
    ioPressure: usage.ioPressure,
    serverPinnedCores: split?.server.length ?? null,
    generatorPinnedCores: split?.generators.length ?? null,
    memoryBackedStore: fileSystem === 'tmpfs' || fileSystem === 'ramfs' ? fileSystem : null,
    ownServer: parts.target.pids.length > 0,
  }
  const trust = trustWithHosts(own, found.hosts)
  const [lost] = parts.fleet.lost
  const judged = lost === undefined ? judge(trust) : lostComplaint(lost)
  const complaint: Complaint | null = context.signal.aborted ? interrupted : judged
  const integrity = account(results, {
    // What reached the agents of a lost generator, nobody can tell.
    delivers: parts.target.agentTokens.length > 0 && lost === undefined,
    stores: plan.target.stores,
  })
  const row = buildRow({
    concurrency: plan.visitors,
    connected: found.connected,
    seconds: Math.min(usage.seconds, plan.durationMs / 1000),
    results,
    integrity,
    serverCpuCores: usage.serverCores,
    serverRssBytes: found.rss,
    serverRssGrowth: growthOf(found.series),
    invalidReason: complaint === null ? null : complaintText(complaint, 'en'),
  })
  return {
    row,
    complaint,
    integrity,
    histograms,
    usage,
    trust,
    connectedAgents: found.connectedAgents,
    reasons: results.flatMap((result) => result.reasons),
    visits: visitsOf(results),
    series: found.series,
    stages: found.stages,
    targetEnded: found.targetEnded,
    targetLog: parts.target.log(),
    ...(found.rest === undefined ? {} : { rest: found.rest }),
    ...(found.hosts.length === 0 ? {} : { hosts: found.hosts }),
  }
}

/** A row of which nothing is known but why. */
export function withoutResult(plan: RowPlan, complaint: Complaint): RowOutcome {
  return {
    row: emptyRow(plan.visitors, 0, complaintText(complaint, 'en')),
    complaint,
    integrity: null,
    histograms: null,
    usage: null,
    trust: null,
    connectedAgents: 0,
    reasons: [],
    targetEnded: null,
    targetLog: '',
  }
}

function lostComplaint({ generator, host, how }: Lost): Complaint {
  const where = host === undefined ? '' : ` on ${host}`
  return { kind: 'generator_lost', value: `${generator}${where}: ${how}`, bound: '' }
}

function pinApart(server: readonly number[], generators: readonly number[], coreCount: number): boolean {
  const split = coreSplit(coreCount)
  if (split === null || server.length === 0) return false
  return (
    server.every((pid) => pin(pid, split.server)) && generators.every((pid) => pin(pid, split.generators))
  )
}

function nobodyConnected(plan: RowPlan, target: RunningTarget, reasons: readonly Reason[]): KfError {
  const first = reasons[0]
  const where = target.addresses.map((address) => `${address.host}:${address.port}${address.path}`).join(', ')
  return new KfError(
    'target_unreachable',
    `none of ${plan.visitors} visitors could connect to ${plan.target.name} at ${where}: ${first === undefined ? 'no answer in time' : first.reason}`,
    {
      hint: 'is it running, does it speak kf.v1, and may this host open sockets there?',
    },
  )
}
