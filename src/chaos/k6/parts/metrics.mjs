import { Counter, Rate, Trend } from 'k6/metrics'
import { clock } from './clock.mjs'

// ---- What is counted ----

// From the intended instant to the ack, and to the agent's socket; and how late this VU sent what it could have sent.
export const ackMs = new Trend('kf_ack_ms', true)
export const deliveredMs = new Trend('kf_delivered_ms', true)
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

export const tally = { visitors: 0, agents: 0, sent: 0, acked: 0, errors: 0 }

export function count(name, n = 1) {
  counters[name].add(n)
}

// k6 leaves a metric out of its summary that no VU ever touched; so 0 and unknown are told apart.
export function declareCounters() {
  for (const name of Object.keys(counters)) counters[name].add(0)
}

export function counts(meant) {
  return meant >= plan.measureFrom && meant < plan.measureTo
}

export function noteSent(meant, due) {
  tally.sent += 1
  if (!counts(meant)) return
  count('sent')
  slipMs.add(clock() - due)
}

// One that had been given up was counted as an error already: only its latency is kept.
export function noteAcked(message, now) {
  tally.acked += 1
  count('acked_total')
  if (now >= plan.measureFrom && now < plan.measureTo) count('acked_in_window')
  if (!counts(message.meant)) return
  ackMs.add(now - message.meant)
  if (message.state !== 'pending') return
  count('acked')
  errorRate.add(0)
}

export function noteFailed(message, why) {
  tally.errors += 1
  count(why)
  if (!counts(message.meant)) return
  count('errors')
  errorRate.add(1)
}

// One line each second, made to survive any log format of k6: numbers and names only. Each line tells what is new.
export function reportProgress(vu) {
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
