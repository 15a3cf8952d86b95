import { describe, expect, it } from 'vitest'
import { integrityOfK6, readSummary, reasonsOfK6, rowOfK6, visitsOfK6 } from './summary.ts'

/** Samples written after k6's documentation of its three formats; the numbers are made up. */
const counters = {
  kf_connected: 250,
  kf_connected_agents: 5,
  kf_sent: 1_000,
  kf_acked: 990,
  kf_errors: 10,
  kf_acked_in_window: 985,
  kf_no_ack: 9,
  kf_rejected: 1,
  kf_busy_retries: 12,
  kf_closed: 0,
  kf_too_late: 3,
  kf_reconnects: 7,
  kf_resumes: 6,
  kf_flow_0_started: 40,
  kf_flow_0_finished: 30,
  kf_flow_0_failed: 3,
  kf_flow_0_cut_short: 7,
  kf_flows_not_begun: 2,
  kf_acked_total: 1_200,
  kf_delivered_total: 1_199,
  kf_answers_sent: 1_199,
  kf_answers_acked: 1_190,
  kf_lost: 2,
  kf_duplicated: 1,
  kf_out_of_order: 4,
  kf_read_back_asked: 250,
  kf_read_back_complete: 249,
}
const ack = {
  avg: 3.21449,
  min: 0.9,
  med: 2.5,
  max: 80,
  'p(95)': 9,
  'p(99)': 20.5,
  'p(99.9)': 60.25,
  count: 990,
}
const delivered = { ...ack, 'p(99)': 22.125 }

const handled = {
  root_group: { name: '', path: '', groups: [], checks: [] },
  options: { summaryTrendStats: Object.keys(ack), summaryTimeUnit: '', noColor: true },
  state: { isStdOutTTY: false, isStdErrTTY: false, testRunDurationMs: 30_898.965069 },
  metrics: {
    ...Object.fromEntries(
      Object.entries(counters).map(([name, count]) => [
        name,
        { type: 'counter', contains: 'default', values: { count, rate: count / 30.9 } },
      ]),
    ),
    kf_ack_ms: { type: 'trend', contains: 'time', values: ack, thresholds: { 'p(95)<=20': { ok: true } } },
    kf_delivered_ms: { type: 'trend', contains: 'time', values: delivered },
    kf_slip_ms: { type: 'trend', contains: 'time', values: { ...ack, 'p(99)': 1.5 } },
    kf_error_rate: { type: 'rate', contains: 'default', values: { rate: 0.01, passes: 10, fails: 990 } },
    'kf_ack_ms{flow:ask}': { type: 'trend', contains: 'time', values: ack },
    vus: { type: 'gauge', contains: 'default', values: { value: 5, min: 5, max: 5 } },
    iterations: { type: 'counter', contains: 'default', values: { count: 5, rate: 0.1 } },
  },
}
const exported = {
  root_group: handled.root_group,
  metrics: {
    ...Object.fromEntries(
      Object.entries(counters).map(([name, count]) => [name, { count, rate: count / 30.9 }]),
    ),
    kf_ack_ms: { ...ack, thresholds: { 'p(95)<=20': false } },
    kf_delivered_ms: delivered,
    kf_slip_ms: { ...ack, 'p(99)': 1.5 },
    kf_error_rate: { value: 0.01, passes: 10, fails: 990, thresholds: { 'rate<=0.1': false } },
    vus: { value: 5, min: 5, max: 5 },
  },
}
const machineReadable = {
  version: '1.0.0',
  metadata: { generatedAt: '2026-01-15T10:30:45.123Z', k6Version: '1.7.1' },
  config: { execution: 'local', script: 'script.js', duration: 30.9 },
  results: {
    passed: true,
    metrics: Object.entries(handled.metrics).map(([name, { type, contains, values }]) => ({
      name,
      type,
      contains,
      category: 'custom',
      values,
    })),
  },
}
const around = {
  concurrency: 250,
  seconds: 10,
  serverCpuCores: 0.61239,
  serverRssBytes: 123_456,
  invalidReason: null,
}
const row = {
  concurrency: 250,
  connected: 250,
  avg_ms: 3.214,
  error_rate: 0.01,
  p50_ms: 2.5,
  p95_ms: 9,
  p99_ms: 20.5,
  p999_ms: 60.25,
  delivered_p99_ms: 22.125,
  messages_per_s: 98.5,
  server_cpu_cores: 0.612,
  server_rss_bytes: 123_456,
  server_rss_growth: null,
  sent: 1_000,
  acked: 990,
  errors: 10,
  lost: 2,
  duplicated: 1,
  out_of_order: 4,
  valid: true,
  invalid_reason: null,
}

describe('a summary of k6', () => {
  it.each([
    ['handleSummary', handled],
    ['summary-export', exported],
    ['machine-readable', machineReadable],
  ] as const)('in the format of %s is the same row', (format, raw) => {
    const figures = readSummary(raw)
    expect(figures.format).toBe(format)
    expect(figures.slip?.p99).toBe(1.5)
    expect(rowOfK6(figures, around)).toEqual(row)
  })

  it('tells what was lost, undelivered, doubled, unanswered and read back', () => {
    expect(integrityOfK6(readSummary(handled), true)).toEqual({
      lost: 2,
      undelivered: 1,
      duplicated: 1,
      outOfOrder: 4,
      disorder: { senders: 0, agentsStreams: 0, visitorsStreams: 0, stored: 4 },
      acked: 1_200,
      answersAcked: 1_190,
      answersUnacked: 9,
      readBackAsked: 250,
      readBackComplete: 249,
    })
    expect(integrityOfK6(readSummary(handled), false).undelivered).toBe(0)
  })

  it('tells why messages failed, the most frequent first', () => {
    expect(reasonsOfK6(readSummary(handled), 5_000)).toEqual([
      { reason: 'refused for now, sent again', count: 12 },
      { reason: 'no ack within 5000 ms', count: 9 },
      { reason: 'a step of a flow came too late', count: 3 },
      { reason: 'refused for good', count: 1 },
    ])
  })

  it('tells what visitors went through', () => {
    expect(visitsOfK6(readSummary(handled), [{ name: 'ask' }])).toEqual({
      reconnects: 7,
      resumes: 6,
      flows: [{ name: 'ask', started: 40, finished: 30, failed: 3, cutShort: 7 }],
      flowsNotBegun: 2,
    })
  })

  it('leaves null what is not in it, and what nobody measured', () => {
    const { kf_delivered_ms: _, kf_ack_ms: __, ...metrics } = exported.metrics
    const figures = readSummary({ metrics: { ...metrics, kf_ack_ms: { avg: 1, med: 1 } } })
    expect(
      rowOfK6(figures, { ...around, seconds: 0, serverCpuCores: null, serverRssBytes: null }),
    ).toMatchObject({
      avg_ms: 1,
      p50_ms: 1,
      p95_ms: null,
      p99_ms: null,
      p999_ms: null,
      delivered_p99_ms: null,
      messages_per_s: null,
      server_cpu_cores: null,
      server_rss_bytes: null,
      server_rss_growth: null,
    })
  })

  it('counts what was cut short as errors, and knows no error rate when nothing was sent', () => {
    const short = { metrics: { ...exported.metrics, kf_acked: { count: 900 } } }
    expect(rowOfK6(readSummary(short), around)).toMatchObject({ errors: 100, error_rate: 0.1 })
    const none = {
      metrics: {
        ...exported.metrics,
        kf_sent: { count: 0 },
        kf_acked: { count: 0 },
        kf_errors: { count: 0 },
      },
    }
    expect(rowOfK6(readSummary(none), around).error_rate).toBeNull()
  })

  it.each([
    ['text', 'the k6 summary is not one: it is no object'],
    [null, 'the k6 summary is not one: it is no object'],
    [[], 'the k6 summary is not one: it is no object'],
    [{}, 'the k6 summary is not one: metrics is no object'],
    [{ metrics: [] }, 'the k6 summary is not one: metrics is no object'],
    [{ metrics: { kf_sent: 5 } }, 'the k6 summary is not one: metrics.kf_sent has no values'],
    [
      { metrics: { kf_sent: { values: {} }, vus: 3 } },
      'the k6 summary is not one: metrics.vus has no values',
    ],
    [{ results: { metrics: {} } }, 'the k6 summary is not one: results.metrics is no list'],
    [
      { results: { metrics: [{ name: 'x' }] } },
      'the k6 summary is not one: results.metrics[0] has no name or no values',
    ],
    [
      { metrics: { kf_sent: { count: '5' } } },
      'the k6 summary is not one: kf_sent.count is "5", not a number from 0 on',
    ],
    [
      { metrics: { kf_sent: { count: -1 } } },
      'the k6 summary is not one: kf_sent.count is -1, not a number from 0 on',
    ],
    [
      { metrics: { ...exported.metrics, kf_ack_ms: { avg: null, 'p(95)': true } } },
      'the k6 summary is not one: kf_ack_ms.p(95) is true, not a number from 0 on',
    ],
  ])('that is none (%j) is refused with its place', (raw, message) => {
    expect(() => readSummary(raw)).toThrow(message)
  })

  it('of another script is refused, with what is missing', () => {
    const metrics = Object.fromEntries(
      Object.entries(exported.metrics).filter(([name]) => name !== 'kf_lost'),
    )
    expect(() => readSummary({ metrics })).toThrow('the k6 summary has no kf_lost')
  })
})
