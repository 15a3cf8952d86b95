import { at, clock, exponential, texts, until } from './clock.mjs'
import { count, noteFailed } from './metrics.mjs'
import { never } from './visitor.mjs'

// ---- What visitors do ----

const weights = plan.flows.reduce((sum, flow) => sum + flow.weight, 0)

function chosenFlow(random) {
  let left = random() * weights
  const chosen = plan.flows.findIndex(({ weight }) => {
    left -= weight
    return left < 0
  })
  return chosen < 0 ? plan.flows.length - 1 : chosen
}

function textOf(source, random) {
  const list = source.from === 'given' ? source.texts : texts[source.list]
  return list[Math.floor(random() * list.length)]
}

const happenings = { ack: 'ackedAt', answer: 'answeredAt', deliver: 'deliveredAt' }

// Resolves to whether it happened by `deadline`; at the latest when the window ends.
function happens(message, what, deadline) {
  return new Promise((resolve) => {
    const limit = Math.min(deadline, plan.measureTo)
    let timer
    const look = () => {
      clearTimeout(timer)
      if (message[what] === never && message.state !== 'failed' && clock() < limit) {
        timer = setTimeout(look, Math.max(1, limit - clock()))
        return
      }
      message.look = undefined
      resolve(message[what] <= deadline)
    }
    message.look = look
    look()
  })
}

// Carries out one flow and resolves to how it ended. `meant` is the instant its first message is timed from; `due` is now, or
// would be, were this VU never late. Waits count from the instant their message was meant for.
async function steps(visitor, flow, meant, due) {
  const { random } = visitor
  let sentAt = meant
  for (const step of flow.steps) {
    if (step.do === 'send') {
      visitor.current = visitor.send(textOf(step.text, random), meant, due)
      sentAt = meant
    } else if (step.do === 'think') {
      const drawn = step.spread === 'fixed' ? step.meanMs : exponential(random, step.meanMs)
      const ms = plan.mode === 'closed' ? Math.max(1, drawn) : drawn
      visitor.idealAt += ms
      due += ms
      meant = due
      await until(Math.min(due, plan.measureTo))
    } else {
      const what = step.do === 'deliver' ? 'deliver' : step.what
      const { current } = visitor
      const happened = await happens(current, happenings[what], sentAt + step.withinMs)
      if (!happened && current.state !== 'failed' && clock() >= plan.measureTo) return 'cut_short'
      if (!happened) {
        giveUp(current)
        return 'failed'
      }
      due = clock()
      meant = due
    }
    if (clock() >= plan.measureTo)
      return step === flow.steps[flow.steps.length - 1] ? 'finished' : 'cut_short'
  }
  return 'finished'
}

// A step that came too late makes its message an error, unless it is one already.
function giveUp(message) {
  if (message.state === 'failed' || message.state === 'late') return
  message.state = message.state === 'acked' ? 'late' : 'failed'
  noteFailed(message, 'too_late')
}

async function walk(visitor, meant) {
  const flow = chosenFlow(visitor.random)
  count(`flow_${flow}_started`)
  visitor.idealAt = meant
  const end = await steps(visitor, plan.flows[flow], meant, Math.max(meant, visitor.endedAt))
  visitor.endedAt = clock()
  count(`flow_${flow}_${end}`)
  return end
}

// One flow at a time: what is meant to begin meanwhile begins when the walk ends, and its first message is meant for when the
// walk would have ended had none of its waits taken any time. So a server that stalls is charged for all it held up.
async function walkOn(visitor, first) {
  visitor.walking = true
  let meant = first
  do {
    await walk(visitor, meant)
    const next = visitor.meant.shift()
    meant = next === undefined ? undefined : Math.max(next, visitor.idealAt)
  } while (meant !== undefined && clock() < plan.measureTo)
  count('flows_not_begun', visitor.meant.length + (meant === undefined ? 0 : 1))
  visitor.meant = []
  visitor.walking = false
}

// Without flows: a message at its instant, whatever became of the last one.
function sendOne(visitor, meant) {
  const [{ text }] = plan.flows[0].steps
  count('flow_0_started')
  visitor.send(textOf(text, visitor.random), meant, meant)
  count('flow_0_finished')
}

// Open: flows begin on a schedule of their own. A late timer begins what is due late and leaves nothing out.
export function startOpen(visitor) {
  let meant = plan.startAt + (plan.rampMs * visitor.number) / plan.visitors
  const next = () => {
    meant += exponential(visitor.random, plan.intervalMs)
  }
  const pace = () => {
    while (meant <= clock() && meant < plan.measureTo) {
      if (plan.plain) sendOne(visitor, meant)
      else if (visitor.walking) visitor.meant.push(meant)
      else void walkOn(visitor, meant)
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
    const end = await walk(visitor, clock())
    if (end === 'finished') await happens(visitor.current, 'ackedAt', clock() + 2 * plan.ackWithinMs)
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
