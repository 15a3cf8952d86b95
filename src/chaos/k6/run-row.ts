import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KfError, messageOf } from '../../core/errors.ts'
import type { BenchContext, BenchPlan } from '../load/bench.ts'
import { fileSystemOf } from '../load/machine.ts'
import { coreSplit, pin } from '../load/pin.ts'
import { interrupted, type RowOutcome } from '../load/row-outcome.ts'
import type { RowPhase } from '../load/row-plan.ts'
import { type Usage, usageBetween } from '../load/sampling.ts'
import { agentTexts, textsOf } from '../load/texts/texts.ts'
import { complaintText } from '../report/complaints.ts'
import { type Complaint, judge, type Trust } from '../report/judge.ts'
import { emptyRow } from '../report/row.ts'
import type { RunningTarget } from '../targets/target.ts'
import { ackWithinMs, type K6Load, k6Phases } from './load.ts'
import { K6Process, k6Codes } from './process.ts'
import { type K6Data, k6Script } from './script.ts'
import { integrityOfK6, type K6Figures, readSummary, reasonsOfK6, rowOfK6, visitsOfK6 } from './summary.ts'

export type K6RowPlan = {
  readonly load: K6Load
  readonly plan: BenchPlan
  readonly workers: number
  /** The k6 to run, and its environment. */
  readonly program: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export type K6RowContext = { readonly context: BenchContext; readonly index: number }

/** From its start to `setup`: each VU loads the script. */
const beginWithinMs = 60_000
/** Beyond the plan's end, for the VUs to end and the summary to be made. */
const endGraceMs = 60_000
const tickMs = 1_000

/**
 * One row by k6: starts the target, writes script and data, runs k6 beside samples of CPU and memory, and reads its summary.
 * Target, k6 and files are gone afterwards, whatever happens. Throws `k6_failed`, `k6_summary` and the target's errors.
 */
export async function runK6Row(row: K6RowPlan, around: K6RowContext): Promise<RowOutcome> {
  const { load, plan } = row
  const { context } = around
  const folder = await mkdtemp(join(tmpdir(), 'kf-k6-'))
  const cleanups: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })]
  const zero = context.hrtime()
  const now = (): number => Number(context.hrtime() - zero) / 1e6
  const phase = (name: RowPhase, untilMs: number): void => {
    context.onEvent({
      t: 'phase',
      index: around.index,
      target: plan.target.name,
      phase: name,
      untilMs,
      nowMs: now(),
    })
  }
  try {
    phase('start', now())
    const target = await plan.target.start({
      visitors: load.visitors,
      agents: load.agents,
      capacity: Math.max(2, Math.ceil((load.visitors / Math.max(1, load.agents)) * 2)),
      workers: row.workers,
    })
    cleanups.push(() => target.stop())
    const files = await writeFiles(folder, load, dataOf(target))
    const k6 = new K6Process(row.program, argumentsOf(files), quiet(row.env))
    cleanups.push(() => k6.stop())
    const pinned = plan.mode === 'closed' && pinApart(target.pids, k6.pid, context.coreCount)
    const found = await watch(row, around, { k6, target, now, phase })
    const summary = await summaryIn(files.summary, k6, found.code, context.signal.aborted)
    if (summary === undefined) return rowWithoutResult(load.visitors, interrupted)
    return {
      ...outcomeOf(row, around, { ...found, target, figures: summary.figures, pinned }),
      files: [
        { name: 'k6-script.js', text: k6Script(load) },
        { name: 'k6-summary.json', text: summary.text },
      ],
    }
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup()
  }
}

/** A row of which nothing is known but why. */
export function rowWithoutResult(visitors: number, complaint: Complaint): RowOutcome {
  return {
    row: emptyRow(visitors, 0, complaintText(complaint, 'en')),
    complaint,
    integrity: null,
    histograms: null,
    usage: null,
    trust: null,
    connectedAgents: 0,
    reasons: [],
    targetLog: '',
    targetEnded: null,
  }
}

type Watched = {
  readonly k6: K6Process
  readonly target: RunningTarget
  readonly now: () => number
  readonly phase: (name: RowPhase, untilMs: number) => void
}

type Found = { readonly code: number | null; readonly usage: Usage | null; readonly rss: number | null }

// Goes along with k6 by the plan's clock; k6 itself tells only that it has begun, and what its VUs count.
async function watch(
  { load }: K6RowPlan,
  { context, index }: K6RowContext,
  watched: Watched,
): Promise<Found> {
  const { k6, target, now, phase } = watched
  const { signal } = context
  let over = false
  const ended = k6.ended.then((code) => {
    over = true
    return code
  })
  const stopped = (): boolean => over || signal.aborted
  const begun = await Promise.race([k6.begun, pause(beginWithinMs, stopped).then(() => false)])
  if (!begun && !stopped()) throw failed(`k6 did not begin within ${beginWithinMs / 1_000} s`, k6)
  const phases = k6Phases(load)
  const begin = now()
  const sample = () => context.sample(now(), target.pids, [k6.pid], context.pid)
  const upTo = async (ms: number): Promise<void> => {
    let last = sample()
    while (!stopped() && now() < begin + ms) {
      await pause(Math.min(tickMs, begin + ms - now()), stopped)
      const next = sample()
      context.onEvent({ t: 'progress', index, generator: 0, progress: k6.progress.take(next.at) })
      context.onEvent({
        t: 'usage',
        index,
        usage: usageBetween(last, next, context.coreCount),
        rss: next.serverRss,
      })
      last = next
    }
  }
  phase('connect', begin + phases.startAt)
  await upTo(phases.startAt)
  phase('warm-up', begin + phases.measureFrom)
  await upTo(phases.measureFrom)
  const before = sample()
  phase('measure', begin + phases.measureTo)
  await upTo(phases.measureTo)
  const after = sample()
  const measured = { usage: usageBetween(before, after, context.coreCount), rss: after.serverRss }
  phase('drain', begin + phases.endAt)
  await pause(begin + phases.endAt + endGraceMs - now(), stopped)
  if (signal.aborted) await k6.interrupt()
  else if (!over) throw failed(`k6 did not end within ${endGraceMs / 1_000} s after its plan`, k6)
  return { code: await ended, ...measured }
}

// Undefined: interrupted before there was anything to read.
async function summaryIn(
  file: string,
  k6: K6Process,
  code: number | null,
  aborted: boolean,
): Promise<{ readonly figures: K6Figures; readonly text: string } | undefined> {
  const fine = code === k6Codes.done || code === k6Codes.thresholds
  if (!fine && !aborted) throw failed(`k6 ended with ${code ?? 'a signal'}`, k6)
  try {
    const text = await readFile(file, 'utf8')
    return { figures: readSummary(JSON.parse(text)), text }
  } catch (error) {
    if (aborted) return undefined
    if (error instanceof KfError) throw error
    throw failed(`k6 left no summary that can be read (${messageOf(error)})`, k6)
  }
}

type Evidence = Found & {
  readonly target: RunningTarget
  readonly figures: K6Figures
  readonly pinned: boolean
}

function outcomeOf({ load, plan }: K6RowPlan, { context }: K6RowContext, evidence: Evidence): RowOutcome {
  const { target, figures, usage } = evidence
  const split = evidence.pinned ? coreSplit(context.coreCount) : null
  const fileSystem = target.dataFolder === undefined ? null : fileSystemOf(target.dataFolder)
  const own = target.pids.length > 0
  const trust: Trust = {
    mode: plan.mode,
    // Slip is what the script can tell of its own lateness; k6's loops and receive stamps cannot be asked.
    loopLagP99Ms: null,
    receiveLagP99Ms: null,
    slipP99Ms: figures.slip?.p99 ?? null,
    // One process on all cores: how many it keeps busy says nothing about whether one of its VUs is full.
    busiestGeneratorCores: null,
    generatorCores: usage?.generatorCores ?? null,
    serverCores: usage?.serverCores ?? null,
    otherCores: own ? (usage?.otherCores ?? null) : null,
    stealShare: usage?.stealShare ?? null,
    memoryPressure: usage?.memoryPressure ?? null,
    cpuPressure: usage?.cpuPressure ?? null,
    ioPressure: usage?.ioPressure ?? null,
    serverPinnedCores: split?.server.length ?? null,
    generatorPinnedCores: split?.generators.length ?? null,
    memoryBackedStore: fileSystem === 'tmpfs' || fileSystem === 'ramfs' ? fileSystem : null,
    ownServer: own,
  }
  const complaint = context.signal.aborted ? interrupted : judge(trust)
  return {
    row: rowOfK6(figures, {
      concurrency: load.visitors,
      // The script counts within the plan's window exactly, unless it was cut short.
      seconds: context.signal.aborted
        ? Math.min(usage?.seconds ?? 0, load.durationMs / 1_000)
        : load.durationMs / 1_000,
      serverCpuCores: trust.serverCores,
      serverRssBytes: evidence.rss,
      invalidReason: complaint === null ? null : complaintText(complaint, 'en'),
    }),
    complaint,
    integrity: integrityOfK6(figures, target.agentTokens.length > 0),
    histograms: null,
    usage,
    trust,
    connectedAgents: figures.counters.get('connected_agents') ?? 0,
    reasons: reasonsOfK6(figures, ackWithinMs),
    visits: visitsOfK6(figures, load.flows),
    targetLog: target.log(),
    targetEnded: target.ended() ?? null,
  }
}

function dataOf(target: RunningTarget): K6Data {
  const [address] = target.addresses
  return {
    url: address === undefined ? '' : `ws://${address.host}:${address.port}${address.path}`,
    site: target.site,
    tokens: target.agentTokens,
    texts: { mixed: textsOf('mixed'), en: textsOf('en'), zh: textsOf('zh') },
    answers: agentTexts(),
  }
}

type Files = { readonly script: string; readonly data: string; readonly summary: string }

async function writeFiles(folder: string, load: K6Load, data: K6Data): Promise<Files> {
  const files = {
    script: join(folder, 'script.js'),
    data: join(folder, 'data.json'),
    summary: join(folder, 'summary.json'),
  }
  await writeFile(files.script, k6Script(load))
  await writeFile(files.data, JSON.stringify(data), { mode: 0o600 })
  return files
}

function argumentsOf({ script, data, summary }: Files): readonly string[] {
  return ['run', '--quiet', '--no-color', '-e', `KF_DATA=${data}`, '-e', `KF_SUMMARY=${summary}`, script]
}

// k6 reports its use to its makers, and fetches programs for imports it does not know, unless told otherwise.
function quiet(env: K6RowPlan['env']): K6RowPlan['env'] {
  return { ...env, K6_NO_USAGE_REPORT: 'true', K6_AUTO_EXTENSION_RESOLUTION: 'false' }
}

function pinApart(server: readonly number[], k6: number, coreCount: number): boolean {
  const split = coreSplit(coreCount)
  if (split === null || server.length === 0 || k6 === 0) return false
  return server.every((pid) => pin(pid, split.server)) && pin(k6, split.generators)
}

function failed(what: string, k6: K6Process): KfError {
  const said = k6.said.slice(-2_000)
  return new KfError('k6_failed', said === '' ? what : `${what}: ${said}`, {
    hint: 'docs/k6.md says what of k6 is used; KF_K6 can name another one',
  })
}

async function pause(ms: number, stopped: () => boolean): Promise<void> {
  const until = performance.now() + ms
  while (!stopped()) {
    const left = until - performance.now()
    if (left <= 0) return
    await new Promise((resolve) => setTimeout(resolve, Math.min(left, 50)))
  }
}
