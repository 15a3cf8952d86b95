import { at, clock, exponential, texts, until } from './clock.mjs'
import { count } from './metrics.mjs'

// ---- What visitors do ----

const weights = plan.flows.reduce((sum, flow) => sum + flow.weight, 0)

function chosenFlow(random) {
  let left = random() * weights
  for (const flow of plan.flows) {
    left -= flow.weight
    if (left < 0) return flow
  }
  return plan.flows[plan.flows.length - 1]
}

function textOf(source, random) {
  const list = source.from === 'given' ? source.texts : texts[source.list]
  return list[Math.floor(random() * list.length)]
}

// One flow, meant to start at `meant`. Each send's instant follows from the schedule and from what was waited for, never from
// when this VU came round to it. Resolves to its last message.
async function walk(visitor, flow, meant) {
  count('flows')
  let message
  for (const step of flow.steps) {
    if (step.do === 'send') {
      if (meant >= plan.measureTo) return message
      message = visitor.send(textOf(step.text, visitor.random), meant)
    } else if (step.do === 'think') {
      meant += step.spread === 'fixed' ? step.meanMs : exponential(visitor.random, step.meanMs)
      if (meant >= plan.measureTo) return message
      await until(meant)
    } else {
      const what = step.do === 'deliver' ? 'deliver' : step.what
      if (!(await visitor.happens(message, what, step.withinMs))) {
        count('flow_errors')
        return message
      }
      meant = clock()
    }
  }
  return message
}

// Open: flows start on a schedule of their own, whether earlier ones have ended or not. A late timer starts what is due
// late and leaves nothing out.
export function startOpen(visitor) {
  let meant = plan.startAt + (plan.rampMs * visitor.number) / plan.visitors
  const next = () => {
    meant += exponential(visitor.random, plan.intervalMs)
  }
  const pace = () => {
    while (meant <= clock() && meant < plan.measureTo) {
      void walk(visitor, chosenFlow(visitor.random), meant)
      next()
    }
    if (meant < plan.measureTo) at(meant, pace)
  }
  next()
  at(meant, pace)
}

// Closed: one flow after the other, and none before the last one's message is acked or given up.
export async function startClosed(visitor) {
  await until(plan.startAt)
  while (clock() < plan.measureTo) {
    const message = await walk(visitor, chosenFlow(visitor.random), clock())
    if (message !== undefined) await visitor.happens(message, 'settled', 2 * plan.ackWithinMs)
    if (message === undefined || !visitor.greeted) await until(clock() + 100)
  }
}

export function sufferTrouble(visitor) {
  const meanMs = 60_000 / plan.reconnectPerMinute
  let when = plan.startAt
  const next = () => {
    when += exponential(visitor.random, meanMs)
    if (when >= plan.measureTo) return
    at(when, () => {
      visitor.cut()
      next()
    })
  }
  next()
}
