// full: 250 visitors and 5 agents, open loop, seed 11.
// Written by kf from a load scenario; run it with
//     k6 run -e KF_DATA=data.json -e KF_SUMMARY=summary.json script.js
// where data.json holds the target's url, the site's key, the agents' tokens and the texts.

import { SharedArray } from 'k6/data'
import exec from 'k6/execution'
import { Counter, Rate, Trend } from 'k6/metrics'
import { WebSocket } from 'k6/websockets'

export const options = {
  scenarios: {
    agents: {
      executor: 'per-vu-iterations',
      exec: 'agents',
      vus: 2,
      iterations: 1,
      maxDuration: '58s',
      gracefulStop: '5s',
    },
    visitors: {
      executor: 'per-vu-iterations',
      exec: 'visitors',
      vus: 3,
      iterations: 1,
      maxDuration: '58s',
      gracefulStop: '5s',
    },
  },
  thresholds: {
    kf_ack_ms: ['avg<=10', 'med<=5', 'p(95)<=20', 'p(99)<=40', 'p(99.9)<=80'],
    kf_delivered_ms: ['p(99)<=50'],
    kf_error_rate: ['rate<=0.001'],
    kf_acked_in_window: ['count>=600'],
  },
  summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(95)', 'p(99)', 'p(99.9)', 'count'],
  noConnectionReuse: true,
  noUsageReport: true,
}

const plan = {
  mode: 'open',
  seed: 11,
  visitors: 250,
  agents: 5,
  visitorsPerVu: 100,
  agentsPerVu: 4,
  connectPerSecond: 500,
  intervalMs: 4000,
  answers: true,
  marksRead: true,
  reconnectPerMinute: 0.05,
  ackWithinMs: 5000,
  readBackPerSecond: 1000,
  visitorsAt: 1010,
  startAt: 3510,
  rampMs: 2000,
  measureFrom: 8510,
  measureTo: 18510,
  readBackAt: 24010,
  endAt: 27260,
  plain: false,
  flows: [
    {
      name: 'ask',
      weight: 3,
      steps: [
        { do: 'send', text: { from: 'given', texts: ['it\'s late', '还没到"吗"'] } },
        { do: 'expect', what: 'ack', withinMs: 1000 },
        { do: 'think', meanMs: 2000, spread: 'exponential' },
        { do: 'send', text: { from: 'list', list: 'zh' } },
        { do: 'deliver', withinMs: 2000 },
        { do: 'expect', what: 'answer', withinMs: 8000 },
      ],
    },
    { name: 'short', weight: 1, steps: [{ do: 'send', text: { from: 'list', list: 'mixed' } }] },
  ],
}

// ---- The clock, chance and ids ----

const read = () => JSON.parse(open(__ENV.KF_DATA))
const target = new SharedArray('target', () => [{ url: read().url, site: read().site }])[0]
const tokens = new SharedArray('tokens', () => read().tokens)
const texts = {
  mixed: new SharedArray('mixed', () => read().texts.mixed),
  en: new SharedArray('en', () => read().texts.en),
  zh: new SharedArray('zh', () => read().texts.zh),
}
const answers = new SharedArray('answers', () => read().answers)

let zero = 0
let wallAtZero = 0

// Called once before all VUs, which get its result: so they agree on when the run began.
export function setup() {
  console.log('kf-begin')
  return { zero: exec.instance.currentTestRunDuration, wallAtZero: Date.now() }
}

function begin(data) {
  zero = data.zero
  wallAtZero = data.wallAtZero
}

// Milliseconds since the run began, with fractions. Date.now() has none, which is too coarse for acks of 2 ms.
function clock() {
  return exec.instance.currentTestRunDuration - zero
}

// Never early: a timer may be, by a part of a millisecond.
function at(ms, act) {
  setTimeout(
    () => {
      if (clock() < ms) at(ms, act)
      else act()
    },
    Math.max(0, ms - clock()),
  )
}

function until(ms) {
  return new Promise((resolve) => {
    at(ms, resolve)
  })
}

// Small fast counter (sfc32): the same seeds, the same run.
function seededRandom(...seeds) {
  let a = 0x9e3779b9
  let b = 0x243f6a88
  let c = 0xb7e15162
  let counter = 1
  const step = () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (const seed of seeds) {
    a ^= seed >>> 0
    b ^= Math.floor(seed / 2 ** 32) >>> 0
    for (let i = 0; i < 4; i++) step()
  }
  for (let i = 0; i < 12; i++) step()
  return step
}

function exponential(random, mean) {
  return -Math.log(1 - random()) * mean
}

// A client id is a UUIDv7 that carries the intended instant, so that an agent's VU can time a delivery:
//     tttttttt-tttt-7fff-K000-vvvvvmmmmmmm
//     t  milliseconds since 1970, f its 4,096ths   K  8 a visitor's, 9 an agent's answer to it   v  the visitor, m its message
function clientId(kind, meant, tail) {
  const time = wallAtZero + meant
  const ms = Math.floor(time)
  const digits = hex(ms, 12)
  const fraction = hex(Math.floor((time - ms) * 4096), 3)
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7${fraction}-${kind}000-${tail}`
}

function meantBy(id) {
  const ms = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
  return ms - wallAtZero + Number.parseInt(id.slice(15, 18), 16) / 4096
}

function tailOf(id) {
  return id.slice(24)
}

function hex(value, digits) {
  return value.toString(16).padStart(digits, '0')
}

// ---- What is counted ----

// From the intended instant to the ack, and to the agent's socket; and how late this VU sent what it could have sent.
const ackMs = new Trend('kf_ack_ms', true)
const deliveredMs = new Trend('kf_delivered_ms', true)
const slipMs = new Trend('kf_slip_ms', true)
const errorRate = new Rate('kf_error_rate')

const counters = {}
for (const name of [
  // Visitors with a conversation when measuring begins; agents greeted then.
  'connected',
  'connected_agents',
  // Messages intended within the window; those of them acked in time, and not. Acks that arrived within it.
  'sent',
  'acked',
  'errors',
  'acked_in_window',
  // Why: no ack in time, refused for good, or a step of a flow that came too late.
  'no_ack',
  'rejected',
  'too_late',
  // Frames written again after busy and its like; connections that ended by themselves; cut off and back; resumed.
  'busy_retries',
  'closed',
  'reconnects',
  'resumes',
  // Each flow: begun, and how it ended; and those meant to begin while their visitors still walked.
  ...plan.flows.flatMap((_, i) =>
    ['started', 'finished', 'failed', 'cut_short'].map((what) => `flow_${i}_${what}`),
  ),
  'flows_not_begun',
  // Of the whole run, warm-up included.
  'acked_total',
  'delivered_total',
  'answers_sent',
  'answers_acked',
  'lost',
  'duplicated',
  'out_of_order',
  'read_back_asked',
  'read_back_complete',
]) {
  counters[name] = new Counter(`kf_${name}`)
}

const tally = { visitors: 0, agents: 0, sent: 0, acked: 0, errors: 0 }

function count(name, n = 1) {
  counters[name].add(n)
}

// k6 leaves a metric out of its summary that no VU ever touched; so 0 and unknown are told apart.
function declareCounters() {
  for (const name of Object.keys(counters)) counters[name].add(0)
}

function counts(meant) {
  return meant >= plan.measureFrom && meant < plan.measureTo
}

function noteSent(meant, due) {
  tally.sent += 1
  if (!counts(meant)) return
  count('sent')
  slipMs.add(clock() - due)
}

// One that had been given up was counted as an error already: only its latency is kept.
function noteAcked(message, now) {
  tally.acked += 1
  count('acked_total')
  if (now >= plan.measureFrom && now < plan.measureTo) count('acked_in_window')
  if (!counts(message.meant)) return
  ackMs.add(now - message.meant)
  if (message.state !== 'pending') return
  count('acked')
  errorRate.add(0)
}

function noteFailed(message, why) {
  tally.errors += 1
  count(why)
  if (!counts(message.meant)) return
  count('errors')
  errorRate.add(1)
}

// One line each second, made to survive any log format of k6: numbers and names only. Each line tells what is new.
function reportProgress(vu) {
  const { visitors, agents, sent, acked, errors } = tally
  console.log(
    `kf-progress vu=${vu} visitors=${visitors} agents=${agents} sent=${sent} acked=${acked} errors=${errors}`,
  )
  tally.sent = 0
  tally.acked = 0
  tally.errors = 0
}

export function handleSummary(data) {
  return { [__ENV.KF_SUMMARY || 'summary.json']: JSON.stringify(data, null, 2) }
}

// ---- A socket that speaks kf.v1 ----

function connectTo(owner) {
  // k6 does not implement the protocols argument; the header is what offers a subprotocol.
  const socket = new WebSocket(target.url, null, { headers: { 'Sec-WebSocket-Protocol': 'kf.v1' } })
  owner.socket = socket
  socket.onopen = () => {
    if (owner.socket === socket) socket.send(JSON.stringify(owner.hello()))
  }
  socket.onmessage = (event) => {
    if (owner.socket === socket) owner.frame(JSON.parse(event.data))
  }
  socket.onerror = () => {}
  socket.onclose = () => {
    if (owner.socket !== socket) return
    owner.socket = undefined
    owner.closed()
  }
}

// Not every k6 names it.
const openState = 1

// What is written to a socket that just broke is lost, and comes again on the next one.
function write(owner, text) {
  const { socket } = owner
  if (socket !== undefined && socket.readyState === openState) socket.send(text)
}

// ---- What was sent and has no definite answer yet ----

// Same id again: nobody knows whether it is stored.
const unknownOutcomes = new Set(['busy', 'rate_limited', 'unavailable', 'internal'])

// The messages of one sender in one conversation, in the order sent. After a refusal the server refuses all that follow until
// the refused one comes again: so everything from it on is written again, in order, and until then nothing new is.
class Outbox {
  // `failed` hears of each message that is given up, once.
  constructor(write, failed) {
    this.write = write
    this.failed = failed
    this.waiting = []
    this.refusedId = undefined
    this.connected = false
  }

  send(message) {
    this.waiting.push(message)
    if (this.refusedId === undefined && this.connected) this.write(message.frame)
  }

  // Takes a message off that was acked or refused for good.
  settle(id) {
    const place = this.waiting.findIndex((message) => message.id === id)
    if (place < 0) return undefined
    return this.waiting.splice(place, 1)[0]
  }

  error(frame) {
    if (!unknownOutcomes.has(frame.code)) {
      const message = this.settle(frame.id)
      if (message !== undefined && message.state === 'pending') this.fail(message, 'rejected')
      return
    }
    if (this.refusedId !== undefined) return
    this.refusedId = frame.id
    setTimeout(() => {
      this.retry(frame.id)
    }, frame.retry_after_ms ?? 250)
  }

  retry(id) {
    if (this.refusedId !== id) return
    this.refusedId = undefined
    const place = this.waiting.findIndex((message) => message.id === id)
    const again = this.waiting.slice(Math.max(0, place))
    count('busy_retries', again.length)
    for (const message of again) this.write(message.frame)
  }

  // A new connection knows of no refusal, and gets all that has no answer.
  connect() {
    this.connected = true
    this.refusedId = undefined
    for (const message of this.waiting) this.write(message.frame)
  }

  disconnect() {
    this.connected = false
    this.refusedId = undefined
  }

  // What has waited too long is an error. It stays here all the same, since only its retry lifts a refusal; but nothing is
  // kept for a server that is away, which would get it all at once.
  tend(now) {
    for (const message of [...this.waiting]) {
      if (message.state === 'pending' && message.meant + plan.ackWithinMs <= now) this.fail(message, 'no_ack')
      if (message.state === 'failed' && !this.connected) this.settle(message.id)
    }
  }

  fail(message, why) {
    message.state = 'failed'
    this.failed(message, why)
  }
}

// ---- A visitor ----

const never = Number.POSITIVE_INFINITY

class Visitor {
  constructor(number) {
    this.number = number
    this.random = seededRandom(plan.seed, number)
    this.socket = undefined
    this.greeted = false
    this.ready = false
    this.over = false
    this.tries = 0
    this.token = undefined
    this.incarnation = undefined
    this.conversation = undefined
    // Up to where this visitor knows the conversation, what it knows beyond, and the last seq that came as a frame.
    this.cursor = 0
    this.ahead = new Set()
    this.lastFrame = 0
    this.catchingUp = false
    // Up to where its agent has read.
    this.agentRead = 0
    this.sent = []
    this.audit = undefined
    // The walk through a flow: its last message, when it would end and did end, and for when further ones were meant.
    this.walking = false
    this.current = undefined
    this.idealAt = 0
    this.endedAt = 0
    this.meant = []
    this.outbox = new Outbox(
      (frame) => {
        write(this, frame)
      },
      (message, why) => {
        noteFailed(message, why)
        message.look?.()
      },
    )
  }

  connect() {
    if (!this.over) connectTo(this)
  }

  hello() {
    const hello = { type: 'hello', site: target.site, locale: this.number % 5 === 4 ? 'zh-CN' : 'en' }
    if (this.token === undefined) return hello
    hello.token = this.token
    if (this.conversation !== undefined) {
      const streams = [{ conversation: this.conversation, stream: 'public', after: this.cursor }]
      hello.resume = { incarnation: this.incarnation, streams }
    }
    return hello
  }

  closed() {
    this.lostSocket()
    if (this.over) return
    count('closed')
    const bound = Math.min(15_000, 300 * 2 ** this.tries)
    this.tries += 1
    setTimeout(() => {
      this.connect()
    }, this.random() * bound)
  }

  // Cut off and back soon, as on a train; one that is on its way back already is left alone.
  cut() {
    const { socket } = this
    if (!this.greeted || this.catchingUp || this.over) return
    count('reconnects')
    this.socket = undefined
    this.lostSocket()
    socket.close()
    setTimeout(() => {
      this.connect()
    }, this.random() * 300)
  }

  lostSocket() {
    if (this.greeted && this.ready) tally.visitors -= 1
    this.greeted = false
    this.ahead.clear()
    this.outbox.disconnect()
  }

  frame(frame) {
    switch (frame.type) {
      case 'welcome':
        return this.welcomed(frame)
      case 'ack':
        return this.acked(frame.id, frame.conversation, frame.seq)
      case 'message':
        return frame.stream === 'public' ? this.heard(frame) : undefined
      case 'page':
        return this.audit === undefined ? this.caughtUp(frame) : readPage(this, frame)
      case 'error':
        return this.refused(frame)
      case 'read':
        return frame.role === 'agent' ? this.agentHasRead(frame.seq) : undefined
      case 'conversation':
        this.conversation = frame.conversation.id
    }
  }

  welcomed(frame) {
    const before = this.incarnation
    this.token = frame.token ?? this.token
    this.incarnation = frame.incarnation
    this.greeted = true
    this.tries = 0
    if (before === undefined) {
      this.outbox.connect()
      const now = clock()
      this.send(texts.mixed[this.number % texts.mixed.length], now, now)
      return
    }
    if (this.ready) tally.visitors += 1
    const mine = frame.conversations.find((summary) => summary.id === this.conversation)
    this.lastFrame = this.cursor
    this.catchingUp = mine !== undefined && mine.head > this.cursor
    if (this.catchingUp) this.pull()
    else this.resumed()
  }

  pull() {
    const ask = { type: 'history', conversation: this.conversation, after: this.cursor, limit: 200 }
    if (this.greeted) write(this, JSON.stringify(ask))
  }

  caughtUp(page) {
    for (const message of page.messages) {
      this.cursor = Math.max(this.cursor, message.seq)
      this.learnOwn(message)
    }
    if (this.cursor < page.head && page.messages.length > 0) {
      this.pull()
      return
    }
    this.catchingUp = false
    this.lastFrame = this.cursor
    this.advance()
    this.resumed()
  }

  resumed() {
    count('resumes')
    this.outbox.connect()
  }

  // `meant` is the intended instant: what is sent late is timed from then. This VU could send it from `due` on.
  send(text, meant, due) {
    const id = clientId('8', meant, hex(this.number, 5) + hex(this.sent.length, 7))
    const frame = JSON.stringify({ type: 'send', id, body: { kind: 'text', text } })
    const message = { id, meant, frame, state: 'pending', seq: 0, look: undefined }
    message.ackedAt = never
    message.answeredAt = never
    message.deliveredAt = never
    this.sent.push(message)
    noteSent(meant, due)
    this.outbox.send(message)
    return message
  }

  acked(id, conversation, seq) {
    this.conversation = conversation
    if (!this.catchingUp) this.know(seq)
    const message = this.outbox.settle(id)
    if (message === undefined) return
    const now = clock()
    noteAcked(message, now)
    message.state = message.state === 'failed' ? 'late' : 'acked'
    message.seq = seq
    message.ackedAt = now
    message.frame = undefined
    if (!this.ready) this.becomeReady()
    message.look?.()
    this.agentHasRead(this.agentRead)
  }

  becomeReady() {
    this.ready = true
    tally.visitors += 1
  }

  // Its ack counts as its seq; others may stand before it and be right behind.
  know(seq) {
    if (seq > this.cursor) this.ahead.add(seq)
    this.advance()
  }

  advance() {
    while (this.ahead.delete(this.cursor + 1)) this.cursor += 1
  }

  heard(frame) {
    if (frame.seq <= this.lastFrame) count('duplicated')
    this.lastFrame = Math.max(this.lastFrame, frame.seq)
    this.know(frame.seq)
    this.learnOwn(frame)
    if (frame.from.role === 'agent') this.happened('answeredAt')
  }

  // Its own message, told by another connection's frame or a page, is an ack as well.
  learnOwn(message) {
    if (message.from.role === 'visitor') this.acked(message.id, this.conversation, message.seq)
  }

  agentHasRead(seq) {
    this.agentRead = Math.max(this.agentRead, seq)
    const { current } = this
    if (current !== undefined && current.seq > 0 && current.seq <= this.agentRead)
      this.happened('deliveredAt')
  }

  // To the walk's last message, for the first time.
  happened(what) {
    const { current } = this
    if (current === undefined || current[what] !== never) return
    current[what] = clock()
    current.look?.()
  }

  refused(frame) {
    if (frame.id !== undefined) {
      this.outbox.error(frame)
      return
    }
    // Without an id it speaks of the history that was asked for.
    const again = () => (this.audit === undefined ? this.pull() : askPage(this))
    if (this.catchingUp || this.audit !== undefined) setTimeout(again, frame.retry_after_ms ?? 1_000)
  }

  leave() {
    this.over = true
    if (this.socket !== undefined) this.socket.close()
  }
}

// ---- Afterwards: what is in the store ----

// Reads a visitor's whole conversation back, page after page.
function readBack(visitor) {
  if (!visitor.ready) return
  count('read_back_asked')
  if (!visitor.greeted) return
  visitor.audit = { cursor: 0, seqs: new Map() }
  askPage(visitor)
}

function askPage(visitor) {
  const { conversation, audit } = visitor
  if (!visitor.greeted) return
  write(visitor, JSON.stringify({ type: 'history', conversation, after: audit.cursor, limit: 200 }))
}

function readPage(visitor, page) {
  const { audit } = visitor
  for (const { seq, id, from } of page.messages) {
    if (seq !== audit.cursor + 1) count('out_of_order')
    audit.cursor = seq
    if (from.role !== 'visitor') continue
    if (audit.seqs.has(id)) count('duplicated')
    else audit.seqs.set(id, seq)
  }
  if (audit.cursor < page.head && page.messages.length > 0) askPage(visitor)
  else compare(visitor)
}

// What was acked must be there, under the seq of its ack; all of it in the order sent.
function compare(visitor) {
  const { seqs } = visitor.audit
  let last = 0
  for (const message of visitor.sent) {
    const seq = seqs.get(message.id)
    if (seq === undefined) {
      if (message.seq > 0) count('lost')
      continue
    }
    if (message.seq > 0 && message.seq !== seq) count('duplicated')
    if (seq < last) count('out_of_order')
    last = Math.max(last, seq)
  }
  count('read_back_complete')
}

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
function startOpen(visitor) {
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
async function startClosed(visitor) {
  await until(plan.startAt)
  while (clock() < plan.measureTo) {
    const end = await walk(visitor, clock())
    if (end === 'finished') await happens(visitor.current, 'ackedAt', clock() + 2 * plan.ackWithinMs)
  }
}

function sufferTrouble(visitor) {
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

// ---- An agent ----

class Agent {
  constructor(number) {
    this.number = number
    this.random = seededRandom(plan.seed, plan.visitors + number)
    this.socket = undefined
    this.greeted = false
    this.over = false
    this.tries = 0
    this.id = ''
    this.held = new Map()
  }

  connect() {
    if (!this.over) connectTo(this)
  }

  hello() {
    return { type: 'hello', token: tokens[this.number] }
  }

  closed() {
    if (this.greeted) tally.agents -= 1
    this.greeted = false
    for (const held of this.held.values()) held.outbox.disconnect()
    if (this.over) return
    count('closed')
    const bound = Math.min(15_000, 300 * 2 ** this.tries)
    this.tries += 1
    setTimeout(() => {
      this.connect()
    }, this.random() * bound)
  }

  say(frame) {
    if (this.greeted) write(this, JSON.stringify(frame))
  }

  frame(frame) {
    switch (frame.type) {
      case 'welcome':
        return this.welcomed(frame)
      case 'conversation':
        return this.adopt(frame.conversation)
      case 'message':
        return frame.stream === 'public' ? this.heard(frame) : undefined
      case 'page':
        return frame.stream === 'public' ? this.readPage(frame) : undefined
      case 'ack':
        return this.acked(this.hold(frame.conversation), frame.id)
      case 'error':
        return this.refused(frame)
    }
  }

  welcomed(frame) {
    this.id = frame.you.id
    this.greeted = true
    this.tries = 0
    tally.agents += 1
    if (frame.status !== undefined && frame.status !== 'online')
      this.say({ type: 'status', status: 'online' })
    for (const summary of frame.conversations) this.adopt(summary)
    for (const held of this.held.values()) held.outbox.connect()
  }

  hold(id) {
    let held = this.held.get(id)
    if (held === undefined) {
      const outbox = new Outbox(
        (frame) => {
          write(this, frame)
        },
        () => {},
      )
      outbox.connected = this.greeted
      held = { id, epoch: 0, owned: false, seen: new Set(), asked: 0, historyTo: 0, outbox }
      this.held.set(id, held)
    }
    return held
  }

  // What stands before the conversation came into view is pulled; from its head on, frames come live.
  adopt(summary) {
    const held = this.hold(summary.id)
    this.own(held, summary.owner === this.id, summary.epoch)
    held.historyTo = summary.head
    this.pull(held)
  }

  pull(held) {
    const after = held.asked
    const limit = Math.min(200, held.historyTo - after)
    if (limit <= 0) return
    held.asked = after + limit
    this.say({ type: 'history', conversation: held.id, after, limit })
  }

  readPage(page) {
    const held = this.hold(page.conversation)
    for (const message of page.messages) {
      if (!held.seen.has(message.seq)) this.take(held, message)
    }
    this.pull(held)
  }

  heard(frame) {
    const held = this.hold(frame.conversation)
    held.asked = Math.max(held.asked, frame.seq)
    if (held.seen.has(frame.seq)) count('duplicated')
    else this.take(held, frame)
  }

  take(held, message) {
    held.seen.add(message.seq)
    const { body, from, id, seq } = message
    if (from.role === 'visitor') this.delivered(held, id, seq)
    else if (from.role === 'agent' && from.id === this.id) this.acked(held, id)
    if (body.kind !== 'event') return
    if (body.event === 'assigned' || body.event === 'transferred')
      this.own(held, body.owner === this.id, body.epoch)
    else if (body.event === 'released' || body.event === 'closed') this.own(held, false, body.epoch)
  }

  delivered(held, id, seq) {
    const meant = meantBy(id)
    count('delivered_total')
    if (counts(meant)) deliveredMs.add(clock() - meant)
    if (plan.marksRead) this.say({ type: 'read', conversation: held.id, seq })
    if (plan.answers && held.owned) this.answer(held, id)
  }

  // The answer's id ends as the message's does: so the visitor knows what is answered.
  answer(held, to) {
    const meant = clock()
    const id = clientId('9', meant, tailOf(to))
    const text = answers[Math.floor(this.random() * answers.length)]
    const body = { kind: 'text', text }
    const frame = JSON.stringify({ type: 'send', id, conversation: held.id, epoch: held.epoch, body })
    count('answers_sent')
    held.outbox.send({ id, meant, frame, state: 'pending' })
  }

  acked(held, id) {
    if (held.outbox.settle(id) !== undefined) count('answers_acked')
  }

  refused(frame) {
    for (const { outbox } of this.held.values()) {
      if (outbox.waiting.some((message) => message.id === frame.id)) outbox.error(frame)
    }
  }

  own(held, owned, epoch) {
    if (epoch < held.epoch) return
    held.owned = owned
    held.epoch = epoch
  }

  leave() {
    this.over = true
    if (this.socket !== undefined) this.socket.close()
  }
}

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
