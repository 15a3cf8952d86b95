import type { Dialect } from '../targets/dialect.ts'
import { Agents } from './agents.ts'
import { type Connector, connectAll } from './connector.ts'
import type {
  FromGenerator,
  GeneratorPlan,
  GeneratorResult,
  ReceivedLog,
  SentLog,
  ToGenerator,
} from './ipc.ts'
import { MessageIds } from './message-id.ts'
import type { DeliveryLog, MessageLog } from './message-log.ts'
import { dataOf, Meter } from './meter.ts'
import { Pacer } from './pacer.ts'
import { seededRandom } from './random.ts'
import type { Surroundings } from './surroundings.ts'
import { agentTexts, visitorTexts } from './texts/texts.ts'
import { type Visitor, Visitors } from './visitors.ts'

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
const progressEveryMs = 500
const quietMs = 400
const readBacksUnderWay = 64

/** One generator's share of a run, driven by the coordinator's messages. */
export function runGenerator(context: GeneratorContext): Generator {
  const { plan, dialect, now, tell } = context
  const meter = new Meter()
  const pacer = new Pacer(plan.visitors, plan.intervalMs, seededRandom(plan.seed, plan.generator))
  const around: Surroundings = {
    now,
    ids: new MessageIds(plan.zeroWallMs, plan.run),
    meter,
    due: () => pacer.due,
    advance: (at) => {
      pacer.advance(Math.min(at, meter.window.measureTo), send)
    },
  }
  const visitors = new Visitors(plan, dialect, around, visitorTexts())
  const agents = new Agents(plan, dialect, around, agentTexts())
  const send = (n: number, intended: number): void => {
    visitors.send(n, intended)
  }

  let connector: Connector | undefined
  let closedStartsAt = Number.POSITIVE_INFINITY
  let lastTick = now()
  let lastTend = lastTick
  let lastProgress = lastTick
  let draining: Draining | undefined
  const readBack = { asked: 0, complete: 0 }

  const stopTicking = context.every(tickMs, () => {
    const at = now()
    meter.noteLag(Math.max(0, at - lastTick - tickMs), at, 'loop')
    lastTick = at
    connector?.turn(at)
    if (at >= pacer.due) around.advance(at)
    if (at >= closedStartsAt) {
      closedStartsAt = Number.POSITIVE_INFINITY
      visitors.startClosed()
    }
    if (at - lastTend >= tendEveryMs) {
      lastTend = at
      visitors.tend(at)
      agents.tend(at)
      if (draining !== undefined) turnDrain(at, draining)
    }
    if (at - lastProgress >= progressEveryMs) {
      lastProgress = at
      progress()
    }
  })

  return { handle, probed }

  function handle(message: ToGenerator): void {
    if (message.t === 'connect') connectGroup(message.who, message.perSecond, message.withinMs)
    else if (message.t === 'start') start(message.window)
    else if (message.t === 'drain') draining = beginDrain(message.withinMs)
    else if (message.t === 'read-back') readAllBack(now() + message.withinMs)
    else if (message.t === 'report') tell({ t: 'result', result: result() })
    else if (message.t === 'leave') leave()
  }

  function probed(sentAt: number): void {
    const at = now()
    meter.noteLag(at - sentAt, at, 'receive')
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
        tell({ t: 'connected', who, connected: group.connected, reasons: meter.reasons() })
      },
    )
    connector = made
    made.turn(now())
  }

  function start(window: Meter['window']): void {
    meter.window = window
    if (plan.mode === 'open') pacer.start(window.startAt, window.rampMs)
    else closedStartsAt = window.startAt
  }

  function beginDrain(withinMs: number): Draining {
    pacer.stop()
    visitors.stopSending()
    const at = now()
    return { until: at + withinMs, quietSince: at, seen: 0 }
  }

  function turnDrain(at: number, drain: Draining): void {
    const seen =
      visitors.log.count + agents.log.count + received(agents.received) + received(visitors.answers)
    if (seen !== drain.seen) {
      drain.seen = seen
      drain.quietSince = at
    }
    const quiet = visitors.idle && agents.idle && at - drain.quietSince >= quietMs
    if (!quiet && at < drain.until) return
    draining = undefined
    visitors.giveUp()
    agents.giveUp()
    tell({ t: 'drained' })
  }

  function readAllBack(deadline: number): void {
    const readable = dialect.stores
      ? visitors.all.filter((visitor) => visitor.socket?.open === true && visitor.conversation !== '')
      : []
    readBack.asked = readable.length
    let next = 0
    let underWay = 0
    let told = false
    const more = (): void => {
      while (next < readable.length && underWay < readBacksUnderWay && now() < deadline) {
        const visitor = readable[next]
        next += 1
        if (visitor === undefined) continue
        underWay += 1
        visitors.reader.begin(visitor, (complete) => {
          underWay -= 1
          if (complete) readBack.complete += 1
          more()
        })
      }
      if (!told && underWay === 0) finish()
    }
    const finish = (): void => {
      told = true
      stopWaiting()
      tell({ t: 'read' })
    }
    const stopWaiting = context.every(100, () => {
      if (!told && now() >= deadline) finish()
    })
    more()
  }

  function progress(): void {
    const { recent } = meter
    tell({
      t: 'progress',
      progress: {
        visitors: visitors.connected,
        agents: agents.connected,
        sent: recent.sent,
        acked: recent.acked,
        errors: recent.errors,
        latency: dataOf(recent.latency),
        delivered: dataOf(recent.delivered),
        lagP99Ms: recent.lag.quantileMs(0.99),
        slipP99Ms: recent.slip.quantileMs(0.99),
      },
    })
    meter.clearRecent()
  }

  function result(): GeneratorResult {
    return {
      generator: plan.generator,
      connectedVisitors: visitors.connected,
      connectedAgents: agents.connected,
      sent: meter.sent,
      acked: meter.acked,
      errors: meter.errors,
      ackedInWindow: meter.ackedInWindow,
      reasons: meter.reasons(),
      latency: dataOf(meter.latency),
      delivered: dataOf(meter.delivered),
      slip: dataOf(meter.slip),
      loopLag: dataOf(meter.loopLag),
      receiveLag: dataOf(meter.receiveLag),
      messages: sentLog(visitors.log),
      answers: sentLog(agents.log),
      messagesReceived: receivedLogs(agents.received),
      answersReceived: receivedLogs(visitors.answers),
      disorder: {
        agentsStreams: agents.holes,
        visitorsStreams: visitorDisorder(visitors.all),
      },
      readBack: {
        ...readBack,
        seq: visitors.reader.stored.seq,
        read: visitors.reader.read,
        answers: receivedLogs(visitors.reader.answers),
        duplicates: visitors.reader.stored.duplicates,
        disorder: visitors.reader.disorder,
      },
    }
  }

  function leave(): void {
    stopTicking()
    visitors.leave()
    agents.leave()
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

function sentLog(log: MessageLog): SentLog {
  const { count } = log
  return {
    count,
    who: log.who.slice(0, count),
    state: log.state.slice(0, count),
    seq: log.seq.slice(0, count),
    conflictingAcks: log.conflictingAcks,
  }
}

function receivedLogs(logs: ReadonlyMap<number, DeliveryLog>): readonly ReceivedLog[] {
  return [...logs].map(([generator, log]) => ({ generator, seq: log.seq, duplicates: log.duplicates }))
}

function visitorDisorder(visitors: readonly Visitor[]): number {
  let disorder = 0
  for (const visitor of visitors) disorder += visitor.track.missing + visitor.track.disorder
  return disorder
}
