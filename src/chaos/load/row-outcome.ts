import { account, type Integrity } from '../report/account.ts'
import { complaintText } from '../report/complaints.ts'
import { growthOf } from '../report/growth.ts'
import { type Complaint, judge, type Trust } from '../report/judge.ts'
import type { MeasuredStep } from '../report/rest.ts'
import { buildRow, emptyRow, mergeHistograms, type Row, type RowHistograms } from '../report/row.ts'
import type { Series } from '../report/series.ts'
import type { StagesReading } from '../report/stages.ts'
import type { RunningTarget } from '../targets/target.ts'
import type { Lost } from './fleet.ts'
import type { GeneratorResult, Reason } from './ipc.ts'
import { fileSystemOf } from './machine.ts'
import { coreSplit } from './pin.ts'
import { type HostReport, trustWithHosts } from './remote-usage.ts'
import type { RowPlan } from './row-plan.ts'
import type { Usage } from './sampling.ts'
import { type Visits, visitsOf } from './visits.ts'

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

export const interrupted: Complaint = { kind: 'interrupted', value: '', bound: '' }

/** What one row brought to light. */
export type Findings = {
  readonly target: RunningTarget
  readonly coreCount: number
  /** Server and generators were pinned apart. */
  readonly pinned: boolean
  /** Generators that ended while the load ran. */
  readonly lost: readonly Lost[]
  readonly interrupted: boolean
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

/** What all that a row found amounts to: its figures, whether they can be trusted, and what was lost. */
export function outcomeOf(plan: RowPlan, found: Findings): RowOutcome {
  const { results, usage, target } = found
  const histograms = mergeHistograms(results)
  const split = found.pinned ? coreSplit(found.coreCount) : null
  const fileSystem = target.dataFolder === undefined ? null : fileSystemOf(target.dataFolder)
  const own: Trust = {
    mode: plan.mode,
    loopLagP99Ms: histograms.loopLag.quantileMs(0.99),
    receiveLagP99Ms: histograms.receiveLag.quantileMs(0.99),
    slipP99Ms: histograms.slip.quantileMs(0.99),
    busiestGeneratorCores: usage.busiestGeneratorCores,
    generatorCores: usage.generatorCores,
    serverCores: usage.serverCores,
    // Of a server that was not started here, nobody can tell its CPU from a stranger's.
    otherCores: target.pids.length > 0 ? usage.otherCores : null,
    stealShare: usage.stealShare,
    memoryPressure: usage.memoryPressure,
    cpuPressure: usage.cpuPressure,
    ioPressure: usage.ioPressure,
    serverPinnedCores: split?.server.length ?? null,
    generatorPinnedCores: split?.generators.length ?? null,
    memoryBackedStore: fileSystem === 'tmpfs' || fileSystem === 'ramfs' ? fileSystem : null,
    ownServer: target.pids.length > 0,
  }
  const trust = trustWithHosts(own, found.hosts)
  const [lost] = found.lost
  const judged = lost === undefined ? judge(trust) : lostComplaint(lost)
  const complaint: Complaint | null = found.interrupted ? interrupted : judged
  const integrity = account(results, {
    // What reached the agents of a lost generator, nobody can tell.
    delivers: target.agentTokens.length > 0 && lost === undefined,
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
    targetLog: target.log(),
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
