import type { Dialect } from '../targets/dialect.ts'
import { Agents } from './agents.ts'
import { ClosedLoop } from './closed-loop.ts'
import { type Connector, connectAll } from './connector.ts'
import { generatorResult } from './generator-result.ts'
import { type FromGenerator, type GeneratorPlan, progressEveryMs, type ToGenerator } from './ipc.ts'
import { MessageIds } from './message-id.ts'
import type { DeliveryLog } from './message-log.ts'
import { dataOf, Meter } from './meter.ts'
import { Pacer } from './pacer.ts'
import { seededRandom } from './random.ts'
import { Reader } from './read-back.ts'
import { randomFor, type Surroundings } from './surroundings.ts'
import { agentTexts, visitorTexts } from './texts/texts.ts'
import { Troubles } from './trouble.ts'
import { Visitors } from './visitors.ts'
import { collectTexts } from './walk-texts.ts'
import { Walking, waitsForDelivery } from './walking.ts'

export type Generator = {
  readonly handle: (message: ToGenerator) => void
  /** The probe's stamp, in milliseconds on the run's clock. */
  readonly probed: (sentAt: number) => void
}

export type GeneratorContext = {
  readonly plan: GeneratorPlan
  readonly dialect: Dialect
  readonly now: () => number
  readonly tell: (message: FromGenerator) => void
  /** Runs `task` every `ms`; the returned function ends that. */
  readonly every: (ms: number, task: () => void) => () => void
  readonly exit: () => void
}

const tickMs = 1
const tendEveryMs = 25
const quietMs = 400

/** One generator's share of a run, driven by the coordinator's messages. */
export function runGenerator(context: GeneratorContext): Generator {
  const { plan, dialect, now, tell } = context
  const meter = new Meter()
  const pacer = new Pacer(plan.visitors, plan.intervalMs, seededRandom(plan.seed, plan.generator))
  const around: Surroundings = {
    now,
    ids: new MessageIds(plan.zeroWallMs, plan.run),
    meter,
    due: () => (walking === undefined ? pacer.due : Math.min(pacer.due, walking.walks.due)),
    advance: (at) => {
      pacer.advance(Math.min(at, meter.window.measureTo), begin)
      walking?.walks.advance(at)
    },
    delivered: waitsForDelivery(plan.flows)
      ? (generator, index, at) => {
          walking?.delivered(generator, index, at)
        }
      : undefined,
  }
  const texts = collectTexts(plan.flows, visitorTexts())
  const visitors = new Visitors(plan, dialect, around, texts.texts)
  const agents = new Agents(plan, dialect, around, agentTexts())
  const reader = new Reader(around.ids, visitors.pages, plan.visitors)
  const troubles = new Troubles(
    plan.trouble,
    plan.visitors,
    seededRandom(plan.seed, plan.generator, randomFor.trouble),
    visitors.sufferings,
  )
  visitors.untimed.set(troubles.slow)
  const closed = new ClosedLoop(visitors, meter)
  const walking = plan.flows.length === 0 ? undefined : new Walking(plan, texts, { visitors, meter, now })
  const begin =
    walking === undefined
      ? (n: number, intended: number): void => {
          visitors.send(n, intended, intended, visitors.nextText())
        }
      : (n: number, intended: number): void => {
          walking.walks.begin(n, intended)
        }

  let connector: Connector | undefined
  let startsAt = Number.POSITIVE_INFINITY
  let begun = 0
  let lastTick = now()
  let lastTend = lastTick
  let progressAt = nextProgress(lastTick)
  let draining: Draining | undefined

  const stopTicking = context.every(tickMs, () => {
    const at = now()
    meter.noteLag(Math.max(0, at - lastTick - tickMs), at, 'loop')
    lastTick = at
    connector?.turn(at)
    if (at >= around.due()) around.advance(at)
    if (at >= startsAt) turnStart(at)
    if (at - lastTend >= tendEveryMs) {
      lastTend = at
      tend(at)
      if (draining !== undefined) turnDrain(at, draining)
    }
    if (at >= progressAt) {
      progressAt = nextProgress(at)
      progress(progressAt - progressEveryMs)
    }
  })

  return { handle, probed }

  function handle(message: ToGenerator): void {
    if (message.t === 'connect') connectGroup(message.who, message.perSecond, message.withinMs)
    else if (message.t === 'start') start(message.window)
    else if (message.t === 'drain') draining = beginDrain(message.withinMs)
    else if (message.t === 'read-back') readAllBack(now() + message.withinMs)
    else if (message.t === 'delivered') walking?.noticed(message.notice)
    else if (message.t === 'report')
      tell({
        t: 'result',
        result: generatorResult(plan, {
          meter,
          visitors,
          agents,
          reader,
          flows: walking?.walks.counts ?? [],
          flowsNotBegun: walking?.walks.notBegun ?? 0,
        }),
      })
    else if (message.t === 'leave') leave()
  }

  function probed(sentAt: number): void {
    const at = now()
    meter.noteLag(at - sentAt, at, 'receive')
  }

  // Closed mode: visitors begin one after the other, evenly over the ramp. In open mode the pacer sees to that.
  function turnStart(at: number): void {
    if (begun === 0) troubles.begin(at)
    const { startAt, rampMs, measureTo } = meter.window
    const share = rampMs === 0 ? 1 : Math.min(1, (Math.min(at, measureTo) - startAt) / rampMs)
    const due = plan.mode === 'open' ? 0 : Math.ceil(plan.visitors * share)
    for (; begun < due; begun++) {
      if (walking === undefined) closed.begin(begun, at)
      else walking.walks.begin(begun, at)
    }
    if (plan.mode === 'open' || share === 1) startsAt = Number.POSITIVE_INFINITY
  }

  function tend(at: number): void {
    visitors.crowd.turn(at)
    agents.crowd.turn(at)
    visitors.sent.tend(at)
    agents.tend(at)
    visitors.pages.tend(at)
    troubles.turn(at)
    if (walking !== undefined)
      for (const [to, notice] of walking.takeNotices()) tell({ t: 'delivered', to, notice })
  }

  function connectGroup(who: 'agents' | 'visitors', perSecond: number, withinMs: number): void {
    const group = who === 'agents' ? agents : visitors
    const total = who === 'agents' ? plan.agentTokens.length : plan.visitors
    const made = connectAll(
      total,
      { perSecond, now: now(), deadline: now() + withinMs },
      (n) => {
        group.connect(n, made.settled)
      },
      () => {
        connector = undefined
        tell({ t: 'connected', who, connected: group.crowd.connected, reasons: meter.reasons() })
      },
    )
    connector = made
    made.turn(now())
  }

  function start(window: Meter['window']): void {
    meter.window = window
    startsAt = window.startAt
    if (plan.mode === 'open') pacer.start(window.startAt, window.rampMs)
  }

  function beginDrain(withinMs: number): Draining {
    startsAt = Number.POSITIVE_INFINITY
    pacer.stop()
    walking?.walks.end()
    if (walking === undefined) closed.stop()
    troubles.end()
    const at = now()
    return { until: at + withinMs, quietSince: at, seen: 0 }
  }

  function turnDrain(at: number, drain: Draining): void {
    const seen =
      visitors.sent.log.count + agents.sent.log.count + received(agents.received) + received(visitors.answers)
    if (seen !== drain.seen) {
      drain.seen = seen
      drain.quietSince = at
    }
    const calm = visitors.crowd.calm && agents.crowd.calm
    const idle = visitors.sent.idle && agents.sent.idle
    const quiet = calm && idle && at - drain.quietSince >= quietMs
    if (!quiet && at < drain.until) return
    draining = undefined
    visitors.sent.end()
    agents.sent.end()
    tell({ t: 'drained' })
  }

  function readAllBack(deadline: number): void {
    let told = false
    const finish = (): void => {
      if (told) return
      told = true
      stopWaiting()
      tell({ t: 'read' })
    }
    const expired = (): boolean => now() >= deadline
    const stopWaiting = context.every(100, () => {
      if (expired()) finish()
    })
    reader.readAll(dialect.stores ? visitors.crowd.all : [], expired, finish)
  }

  function progress(at: number): void {
    const { recent } = meter
    tell({
      t: 'progress',
      progress: {
        at,
        visitors: visitors.crowd.connected,
        agents: agents.crowd.connected,
        sent: recent.sent,
        acked: recent.acked,
        errors: recent.errors,
        reconnects: recent.reconnects,
        resumes: recent.resumes,
        latency: dataOf(recent.latency),
        delivered: dataOf(recent.delivered),
        lagP99Ms: recent.lag.quantileMs(0.99),
        slipP99Ms: recent.slip.quantileMs(0.99),
      },
    })
    meter.clearRecent()
  }

  function leave(): void {
    stopTicking()
    visitors.crowd.leave()
    agents.crowd.leave()
    context.exit()
  }
}

type Draining = {
  readonly until: number
  quietSince: number
  seen: number
}

function received(logs: ReadonlyMap<number, DeliveryLog>): number {
  let count = 0
  for (const log of logs.values()) count += log.count
  return count
}

function nextProgress(at: number): number {
  return (Math.floor(at / progressEveryMs) + 1) * progressEveryMs
}
