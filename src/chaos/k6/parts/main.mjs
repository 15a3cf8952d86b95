import exec from 'k6/execution'
import { Agent } from './agent.mjs'
import { at, begin, clock } from './clock.mjs'
import { startClosed, startOpen, sufferTrouble } from './flow.mjs'
import { count, declareCounters, reportProgress } from './metrics.mjs'
import { readBack } from './read-back.mjs'
import { Visitor } from './visitor.mjs'

// ---- The VUs: each holds many sockets, and its one iteration is the whole run ----

export function agents(data) {
  begin(data)
  declareCounters()
  const mine = share(plan.agents, plan.agentsPerVu, (number) => new Agent(number))
  for (const agent of mine) {
    at((agent.number * 1_000) / plan.connectPerSecond, () => {
      agent.connect()
    })
  }
  keepUp('a', mine, (agent) => [...agent.held.values()].map(({ outbox }) => outbox))
  at(plan.measureFrom, () => {
    count('connected_agents', mine.filter((agent) => agent.greeted).length)
  })
}

export function visitors(data) {
  begin(data)
  declareCounters()
  const mine = share(plan.visitors, plan.visitorsPerVu, (number) => new Visitor(number))
  for (const visitor of mine) {
    at(plan.visitorsAt + (visitor.number * 1_000) / plan.connectPerSecond, () => {
      visitor.connect()
    })
    if (plan.mode === 'open') startOpen(visitor)
    else void startClosed(visitor)
    if (plan.reconnectPerMinute > 0) sufferTrouble(visitor)
    at(plan.readBackAt + (visitor.number * 1_000) / plan.readBackPerSecond, () => {
      readBack(visitor)
    })
  }
  keepUp('v', mine, (visitor) => [visitor.outbox])
  at(plan.measureFrom, () => {
    count('connected', mine.filter((visitor) => visitor.ready && visitor.greeted).length)
  })
}

// This VU's people, by their numbers over all VUs.
function share(people, perVu, make) {
  const first = exec.scenario.iterationInTest * perVu
  const length = Math.max(0, Math.min(people, first + perVu) - first)
  return Array.from({ length }, (_, n) => make(first + n))
}

// Gives up what waits too long, reports, and at the end lets everyone go: a VU ends when nothing of it is left open.
function keepUp(kind, people, outboxesOf) {
  const tending = setInterval(() => {
    const now = clock()
    for (const person of people) {
      for (const outbox of outboxesOf(person)) outbox.tend(now)
    }
  }, 100)
  const reporting = setInterval(() => {
    reportProgress(`${kind}${exec.scenario.iterationInTest}`)
  }, 1_000)
  at(plan.endAt, () => {
    clearInterval(tending)
    clearInterval(reporting)
    for (const person of people) person.leave()
  })
}
