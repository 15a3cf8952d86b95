import { KfError } from '../../core/errors.ts'
import { SeriesCollector } from '../report/collect-series.ts'
import type { RunningTarget } from '../targets/target.ts'
import { settleWithinMs } from './crowd.ts'
import { Fleet } from './fleet.ts'
import { ackWithinMs, generatorPlans } from './generator-plans.ts'
import type { Reason } from './ipc.ts'
import { coreSplit, pin } from './pin.ts'
import { startProbe } from './probe.ts'
import type { RemoteHost } from './remote-host.ts'
import { openHosts } from './remote-hosts.ts'
import { reportHosts, sampleHosts } from './remote-usage.ts'
import { RestSteps } from './rest-steps.ts'
import { interrupted, outcomeOf, type RowOutcome, withoutResult } from './row-outcome.ts'
import type { RowContext, RowPlan } from './row-plan.ts'
import { usageBetween } from './sampling.ts'
import { StageWatch } from './stage-watch.ts'
import { pause, pauseAndWatch } from './wait.ts'

const settleMs = 500

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
  const sample = () => context.sample(now(), target.pids, loading, context.pid)
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
  return outcomeOf(plan, {
    target,
    coreCount: context.coreCount,
    pinned: parts.pinned,
    lost: fleet.lost,
    interrupted: context.signal.aborted,
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
