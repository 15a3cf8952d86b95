import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { K6Load } from '../src/chaos/k6/load.ts'
import { dataFor, smallLoad } from './support/k6/load.ts'
import { type Played, play } from './support/k6/play.ts'
import { type StubFaults, startStubKf } from './support/k6/stub-kf.ts'
import { type BenchSite, startNode, type TestNode } from './support/node.ts'

/** The k6 script, executed under the shim of k6's API: no real k6 is used here. */

const count = ({ summary }: Played, name: string): number => {
  const metric = summary.metrics[`kf_${name}`]
  if (metric === undefined) throw new Error(`kf_${name} is missing`)
  return metric.values['count'] ?? Number.NaN
}
const counts = (played: Played, ...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, count(played, name)]))

describe.concurrent('against a real kf, the k6 script', () => {
  let node: TestNode
  let bench: BenchSite
  beforeAll(async () => {
    node = await startNode({ workers: 1 })
    bench = await node.agents(6, 100)
  })
  afterAll(async () => {
    await node.stop()
  })
  // Agents take whatever the site's desk gives them: so each test has visitors enough to be told apart by its own counts.
  const run = async (load: Partial<K6Load>): Promise<Played> => {
    const tokens = bench.agents.map(({ token }) => token)
    return await play(
      { ...smallLoad, agents: tokens.length, ...load },
      dataFor(node.wsUrl, bench.site.key, tokens),
    )
  }

  it('has its messages stored, acked, delivered, answered and read back', async () => {
    const played = await run({ thresholds: [{ metric: 'error_rate', op: '<=', value: 0 }] })
    expect(played.code).toBe(0)
    expect(
      counts(played, 'connected', 'connected_agents', 'errors', 'lost', 'duplicated', 'out_of_order'),
    ).toEqual({
      connected: 20,
      connected_agents: 6,
      errors: 0,
      lost: 0,
      duplicated: 0,
      out_of_order: 0,
    })
    // Each visitor opens its conversation with a message; the rest are those of the schedule.
    const total = count(played, 'flow_0_started') + 20
    expect(counts(played, 'acked_total', 'delivered_total', 'answers_sent', 'answers_acked')).toEqual({
      acked_total: total,
      delivered_total: total,
      answers_sent: total,
      answers_acked: total,
    })
    expect(count(played, 'sent')).toBeGreaterThan(20)
    expect(count(played, 'acked')).toBe(count(played, 'sent'))
    expect(counts(played, 'read_back_asked', 'read_back_complete')).toEqual({
      read_back_asked: 20,
      read_back_complete: 20,
    })
    expect(played.summary.metrics['kf_ack_ms']?.values['count']).toBe(count(played, 'sent'))
    expect(played.summary.metrics['kf_delivered_ms']?.values['count']).toBe(count(played, 'sent'))
    expect(await storedByVisitors(node, bench)).toBe(total)
  })
})

/** Visitors' messages in all conversations of these agents, as the REST API tells them. */
async function storedByVisitors(node: TestNode, bench: BenchSite): Promise<number> {
  let stored = 0
  for (const { token } of bench.agents) {
    const get = async (path: string): Promise<unknown> => {
      const response = await fetch(new URL(path, node.url), { headers: { authorization: `Bearer ${token}` } })
      if (!response.ok) throw new Error(`${path}: ${response.status}`)
      return await response.json()
    }
    const { conversations } = (await get('api/v1/conversations')) as { conversations: { id: string }[] }
    for (const { id } of conversations) {
      const page = (await get(`api/v1/conversations/${id}/messages?after=0&limit=200`)) as {
        messages: { from: { role: string } }[]
      }
      stored += page.messages.filter(({ from }) => from.role === 'visitor').length
    }
  }
  return stored
}

describe.concurrent('with several kinds of load, the k6 script', () => {
  const against = async (load: Partial<K6Load>, agents: number): Promise<Played> => {
    const node = await startNode({ workers: 1 })
    try {
      const bench = await node.agents(agents, 100)
      const tokens = bench.agents.map(({ token }) => token)
      return await play({ ...smallLoad, agents, ...load }, dataFor(node.wsUrl, bench.site.key, tokens))
    } finally {
      await node.stop()
    }
  }
  const sound = ['errors', 'flow_0_failed', 'lost', 'duplicated', 'out_of_order']
  const none = Object.fromEntries(sound.map((name) => [name, 0]))

  it('walks flows: waits for the ack, the answer and the delivery, and thinks', async () => {
    const played = await against(
      {
        flows: [
          {
            name: 'ask',
            weight: 1,
            steps: [
              { do: 'send', text: { from: 'given', texts: ['where is it?', '在哪里？'] } },
              { do: 'expect', what: 'ack', withinMs: 4_000 },
              { do: 'expect', what: 'answer', withinMs: 4_000 },
              { do: 'think', meanMs: 20, spread: 'exponential' },
              { do: 'send', text: { from: 'list', list: 'zh' } },
              { do: 'deliver', withinMs: 4_000 },
              { do: 'think', meanMs: 10, spread: 'fixed' },
            ],
          },
        ],
      },
      2,
    )
    expect(counts(played, ...sound)).toEqual(none)
    const ends = counts(played, 'flow_0_finished', 'flow_0_cut_short')
    expect(count(played, 'flow_0_finished')).toBeGreaterThan(20)
    expect(Object.values(ends).reduce((sum, one) => sum + one)).toBe(count(played, 'flow_0_started'))
    expect(count(played, 'sent')).toBeGreaterThan(count(played, 'flow_0_finished'))
  })

  it('keeps one message in flight for each visitor in a closed loop', async () => {
    const played = await against({ mode: 'closed', visitors: 5, answers: false, durationMs: 1_000 }, 1)
    expect(counts(played, ...sound)).toEqual(none)
    expect(counts(played, 'answers_sent', 'connected')).toEqual({ answers_sent: 0, connected: 5 })
    expect(count(played, 'delivered_total')).toBe(count(played, 'acked_total'))
    expect(count(played, 'sent')).toBeGreaterThan(100)
  })

  it('is cut off and comes back with resume, and nothing is lost', async () => {
    const played = await against({ reconnectPerMinute: 20 }, 2)
    expect(counts(played, ...sound)).toEqual(none)
    expect(count(played, 'reconnects')).toBeGreaterThan(5)
    expect(count(played, 'resumes')).toBe(count(played, 'reconnects'))
  })
})

describe.concurrent('against a server with faults, the k6 script', () => {
  const against = async (faults: StubFaults, load: Partial<K6Load> = {}) => {
    const stub = await startStubKf(faults)
    try {
      const played = await play(
        { ...smallLoad, visitors: 10, agents: 0, durationMs: 1_500, ...load },
        dataFor(stub.url, 'site', []),
      )
      return { played, stored: stub.stored() }
    } finally {
      stub.close()
    }
  }

  it('times each ack from the intended instant', async () => {
    const { played } = await against({ ackAfterMs: 200 })
    const { values } = played.summary.metrics['kf_ack_ms'] ?? { values: {} }
    expect(values['count']).toBe(count(played, 'sent'))
    expect(values['min']).toBeGreaterThanOrEqual(199)
  })

  it('sends on while acks are late: a slow answer does not slow the schedule down', async () => {
    const [quick, slow] = await Promise.all([against({}), against({ ackAfterMs: 1_000 })])
    expect(count(slow.played, 'sent')).toBe(count(quick.played, 'sent'))
  })

  it('counts a message without an ack as an error', async () => {
    const { played } = await against({ mute: (n) => n === 1 })
    // The second message of each visitor that sent two; the first opened the conversation.
    const muted = count(played, 'no_ack')
    expect(muted).toBeGreaterThan(0)
    expect(count(played, 'acked_total')).toBe(count(played, 'flow_0_started') + 10 - muted)
    expect(count(played, 'sent')).toBe(count(played, 'acked') + count(played, 'errors'))
  })

  it('sends what was refused again, everything behind it after it, in order', async () => {
    const { played, stored } = await against({ busy: (n) => (n === 1 ? 3 : 0) }, { rate: 8 })
    expect(counts(played, 'errors', 'out_of_order', 'lost', 'duplicated')).toEqual({
      errors: 0,
      out_of_order: 0,
      lost: 0,
      duplicated: 0,
    })
    expect(count(played, 'busy_retries')).toBeGreaterThanOrEqual(30)
    for (const ids of stored)
      expect(ids).toEqual(ids.toSorted((a, b) => (a.slice(24) < b.slice(24) ? -1 : 1)))
  })

  it('finds what was acked and is not stored', async () => {
    const { played } = await against({ lose: (n) => n === 0 })
    expect(count(played, 'lost')).toBe(10)
  })

  it('finds what is stored twice', async () => {
    const { played } = await against({ twice: (n) => n === 0 })
    expect(count(played, 'duplicated')).toBeGreaterThanOrEqual(10)
  })

  it('finds what is stored in another order than sent', async () => {
    const { played } = await against({ order: (ids) => ids.toReversed() }, { rate: 4 })
    expect(count(played, 'out_of_order')).toBeGreaterThan(0)
  })

  it('charges a server that is slow to answer with the flows that it held up, and with the step that came too late', async () => {
    const flow = {
      name: 'ask',
      weight: 1,
      steps: [
        { do: 'send', text: { from: 'list', list: 'mixed' } },
        { do: 'expect', what: 'ack', withinMs: 200 },
      ],
    } as const
    const { played } = await against({ ackAfterMs: 400 }, { flows: [flow], rate: 4 })
    // Every walk fails at its expectation: each of its messages is an error, though its ack came later.
    const begun = count(played, 'flow_0_started')
    expect(count(played, 'flow_0_failed') + count(played, 'flow_0_cut_short')).toBe(begun)
    expect(count(played, 'too_late')).toBe(count(played, 'flow_0_failed'))
    expect(count(played, 'errors')).toBeGreaterThan(0)
    expect(count(played, 'acked_total')).toBe(begun + 10)
    // A visitor walks one flow at a time; messages of those that had to wait are timed from when they would have begun.
    expect(played.summary.metrics['kf_ack_ms']?.values['max']).toBeGreaterThan(500)
  })

  it('ends with 99 when a threshold does not hold', async () => {
    const { played } = await against(
      { ackAfterMs: 100 },
      { thresholds: [{ metric: 'p95_ms', op: '<=', value: 50 }] },
    )
    expect(played.code).toBe(99)
  })
})
