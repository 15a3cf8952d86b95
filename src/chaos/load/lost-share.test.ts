import { expect, test } from 'vitest'
import { LatencyHistogram } from '../report/histogram.ts'
import { type GeneratorPlan, noTrouble, type Progress } from './ipc.ts'
import { LostShare } from './lost-share.ts'
import { dataOf } from './meter.ts'

const plan: GeneratorPlan = {
  generator: 3,
  dialect: 'echo',
  addresses: [],
  localAddress: undefined,
  mode: 'open',
  intervalMs: 2_000,
  seed: 7,
  run: 1,
  site: '',
  firstVisitor: 0,
  visitors: 100,
  firstAgent: 0,
  agentTokens: [],
  answers: false,
  ackWithinMs: 5_000,
  flows: [],
  trouble: noTrouble,
  zeroNs: 0n,
  zeroWallMs: 0,
  probePort: 0,
}
const window = { startAt: 1_000, rampMs: 0, measureFrom: 2_000, measureTo: 12_000 }

function progress(at: number, sent: number, acked: number): Progress {
  const latency = new LatencyHistogram()
  for (let n = 0; n < acked; n++) latency.record(4)
  const delivered = dataOf(new LatencyHistogram())
  const counts = { visitors: 100, agents: 0, errors: 0, reconnects: 0, resumes: 0 }
  return { at, sent, acked, ...counts, latency: dataOf(latency), delivered, lagP99Ms: null, slipP99Ms: null }
}

test('of a lost generator counts what it told within the window; what it should have sent since is errors', () => {
  const share = new LostShare(window)
  share.add(progress(2_000, 50, 50))
  share.add(progress(2_500, 25, 24))
  share.add(progress(3_000, 25, 25))
  // 100 visitors, a message each 2 s: 50 in the second after its last word.
  const result = share.result(plan, 4_000)
  expect(result).toMatchObject({ generator: 3, sent: 100, acked: 49, errors: 51, ackedInWindow: 49 })
  expect(result.reasons).toEqual([{ reason: 'its generator was lost', count: 51 }])
  expect(new LatencyHistogram(result.latency.counts).total).toBe(49)
})

test('nothing is missing behind the window, nor in a closed loop, whose messages in flight were told', () => {
  const share = new LostShare(window)
  share.add(progress(12_000, 10, 10))
  expect(share.result(plan, 20_000)).toMatchObject({ sent: 10, errors: 0, reasons: [] })
  const closed = new LostShare(window)
  closed.add(progress(3_000, 110, 10))
  expect(closed.result({ ...plan, mode: 'closed' }, 4_000)).toMatchObject({ sent: 110, errors: 100 })
  expect(new LostShare(window).result(plan, 4_000)).toMatchObject({ sent: 100, acked: 0, errors: 100 })
})
