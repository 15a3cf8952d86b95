import type { Agents } from './agents.ts'
import type { FlowCount, GeneratorPlan, GeneratorResult, ReceivedLog, SentLog } from './ipc.ts'
import type { DeliveryLog, MessageLog } from './message-log.ts'
import { dataOf, type Meter } from './meter.ts'
import type { Reader } from './read-back.ts'
import type { Visitor } from './visitor.ts'
import type { Visitors } from './visitors.ts'

export type GeneratorParts = {
  readonly meter: Meter
  readonly visitors: Visitors
  readonly agents: Agents
  readonly reader: Reader
  readonly flows: readonly FlowCount[]
  readonly flowsNotBegun: number
}

/** All that a generator knows after a run, as the coordinator gets it. */
export function generatorResult(plan: GeneratorPlan, parts: GeneratorParts): GeneratorResult {
  const { meter, visitors, agents, reader, flows, flowsNotBegun } = parts
  return {
    generator: plan.generator,
    connectedVisitors: visitors.crowd.connected,
    connectedAgents: agents.crowd.connected,
    sent: meter.sent,
    acked: meter.acked,
    errors: meter.errors,
    ackedInWindow: meter.ackedInWindow,
    reconnects: meter.reconnects,
    resumes: meter.resumes,
    flows,
    flowsNotBegun,
    reasons: meter.reasons(),
    latency: dataOf(meter.latency),
    delivered: dataOf(meter.delivered),
    slip: dataOf(meter.slip),
    loopLag: dataOf(meter.loopLag),
    receiveLag: dataOf(meter.receiveLag),
    messages: sentLog(visitors.sent.log),
    answers: sentLog(agents.sent.log),
    messagesReceived: receivedLogs(agents.received),
    answersReceived: receivedLogs(visitors.answers),
    disorder: { agentsStreams: agents.holes, visitorsStreams: visitorDisorder(visitors.crowd.all) },
    readBack: {
      asked: reader.asked,
      complete: reader.complete,
      seq: reader.stored.seq,
      read: reader.read,
      answers: receivedLogs(reader.answers),
      duplicates: reader.stored.duplicates,
      disorder: visitors.pages.disorder,
    },
  }
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
