import autocannon from 'autocannon'
import { messageOf } from '../../core/errors.ts'
import { LatencyHistogram } from '../report/histogram.ts'
import { dataOf } from './meter.ts'
import type { RestCounts, RestRequests } from './rest-ipc.ts'

export type Running = { readonly counts: Promise<RestCounts>; readonly stop: () => void }

/** A request without an answer after this long has failed. */
const answerWithinS = 5
const lateMs = 2_000

/**
 * Makes `rate × duration` requests with autocannon and waits for their answers, at most 7 s longer than `durationMs`. What was
 * not made by then, because answers were slow, has failed as well.
 *
 * NOTE: autocannon paces by whole seconds: each connection makes its share at the start of each. Its own histogram counts
 * whole milliseconds, and its `requests.sent` counts more than it sends when there is a rate: so times are taken from its
 * events, and what was meant to be sent is fixed beforehand.
 */
export function carryOut(requests: RestRequests, durationMs: number): Running {
  const intended = Math.max(1, Math.round((requests.rate * durationMs) / 1_000))
  const latency = new LatencyHistogram()
  const reasons = new Map<string, number>()
  const startedAt = performance.now()
  let endedAt = startedAt
  let succeeded = 0
  let failed = 0
  let stopped = false
  const fail = (reason: string): void => {
    failed += 1
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  const { promise, resolve, reject } = Promise.withResolvers<RestCounts>()
  const settle = (): void => {
    clearTimeout(timer)
    const unmade = stopped ? 0 : intended - succeeded - failed
    if (unmade > 0) reasons.set('not made in time', unmade)
    resolve({
      name: requests.name,
      intended: stopped ? succeeded + failed : intended,
      succeeded,
      failed: stopped ? failed : intended - succeeded,
      latency: dataOf(latency),
      reasons: [...reasons].map(([reason, count]) => ({ reason, count })),
      // All that was asked may be done before the last second is over.
      seconds: Math.max(endedAt - startedAt, stopped ? 0 : durationMs) / 1_000,
      stopped,
    })
  }
  const cannon = autocannon(
    {
      url: requests.url,
      method: requests.method,
      headers: { ...requests.headers },
      ...(requests.body === undefined ? {} : { body: requests.body }),
      connections: Math.min(requests.connections, requests.rate, intended),
      overallRate: requests.rate,
      amount: intended,
      timeout: answerWithinS,
      // Each answer is timed as it is: what a slow one kept from being sent is counted, not invented.
      ignoreCoordinatedOmission: true,
      // Nobody listens: each refused connection is asked for again at once, without end.
      bailout: intended,
    },
    (error: unknown) => {
      if (error === null || error === undefined) settle()
      else reject(new Error(messageOf(error)))
    },
  )
  cannon.on('response', (_client, status, _bytes, ms) => {
    endedAt = performance.now()
    if (status < 200 || status > 299) {
      fail(`status ${status}`)
      return
    }
    succeeded += 1
    latency.record(ms)
  })
  cannon.on('reqError', (error) => {
    endedAt = performance.now()
    if (succeeded + failed < intended) fail(messageOf(error))
  })
  const timer = setTimeout(
    () => {
      cannon.stop?.()
    },
    durationMs + answerWithinS * 1_000 + lateMs,
  )
  return {
    counts: promise,
    stop: () => {
      stopped = true
      cannon.stop?.()
    },
  }
}
