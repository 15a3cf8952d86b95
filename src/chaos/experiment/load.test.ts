import { describe, expect, test } from 'vitest'
import { head, testKinds } from './experiment-in-test.ts'
import { loadExperiment } from './load.ts'

const cut = 'method: [{ at: 10s, fault: partition, on: visitors->node, for: 5s }]\n'

describe('a chaos scenario', () => {
  test('gets every default: a node with two workers, 200 visitors, this host, all that can be judged', () => {
    expect(loadExperiment(head + cut, 'mine/first-try.yml', testKinds)).toEqual({
      version: 1,
      name: 'first-try',
      title: 'Does it hold?',
      tags: [],
      seed: 7,
      topology: { kind: 'embedded', workers: 2 },
      workload: {
        visitors: 200,
        agents: 8,
        capacity: 50,
        rate: 0.5,
        answers: 0.5,
        desk: 1,
        reconnectPerMinute: 0,
        slowReaders: 0,
        warmupMs: 3_000,
      },
      safety: {
        allowTargets: ['127.0.0.1', '::1', 'localhost'],
        maxNodesAffected: 1,
        ttlMs: 140_000,
        abortIf: [],
      },
      probes: [],
      method: [{ at: { ms: 10_000 }, fault: 'partition', on: 'visitors->node', forMs: 5_000, params: {} }],
      recoveryMs: 15_000,
      checks: {
        invariants: [
          'no_acked_loss',
          'no_duplicate',
          'agreement',
          'gapless',
          'sender_order',
          'real_time_order',
          'no_phantom',
          'one_owner',
          'capacity',
          'bounded_memory',
          'convergence',
        ],
        resetsAllowed: 0,
        convergeWithinMs: 15_000,
        maxRssGrowthBytes: 268_435_456,
        minimum: { acks: 100, retries: 0, resumes: 0 },
      },
      report: {},
    })
  })

  test('says all there is to say', () => {
    const text = `
version: 1
title: Everything
tags: [ci, network]
seed: 11
topology:
  nodes: [{ name: node, workers: 3, configs: ./my-configs }]
  engines: [sqlite]
  links: [visitors->node, agents->node]
workload:
  visitors: 60
  agents: 3
  capacity: 25
  rate: 1
  answers: 20%
  desk: 0.5
  reconnect_per_minute: 5.1%
  slow_readers: 2%
  warmup: 250ms
safety:
  allow_targets: [127.0.0.1]
  max_nodes_affected: 1
  ttl: 2m
  abort_if: { error_rate: "> 90%", ready: "< 100%", rss_bytes: "> 1GiB" }
steady_state:
  probes:
    - name: answers come fast
      measure: p99_ms
      baseline: <= 100ms
      fault: <= 5s
      recovery: <= 200ms
    - name: everybody is there
      measure: connected
      recovery: ">= 99%"
method:
  - at: random(10s, 20s)
    fault: latency
    on: agents->node
    for: 5s
    repeat: { every: 10s, times: 3 }
    latency: 200ms
  - { at: 1m, fault: disk_full, for: 2s }
random:
  from: 70s
  for: 20s
  every: random(2s, 4s)
  faults:
    - { fault: kill, restart_after: 2s }
    - { fault: latency, on: visitors->node, for: "random(1s, 3s)", latency: 50ms }
recovery: 20s
checks:
  invariants: [no_acked_loss, no_false_ack]
  resets_allowed: 2
  converge_within: 5s
  max_rss_growth: 64MiB
  minimum: { acks: 1000, retries: 10, resumes: 5 }
report: { folder: chaos-reports }
`
    expect(loadExperiment(text, 'x.yml', testKinds)).toEqual({
      version: 1,
      name: 'x',
      title: 'Everything',
      tags: ['ci', 'network'],
      seed: 11,
      topology: { kind: 'embedded', workers: 3, configs: './my-configs' },
      workload: {
        visitors: 60,
        agents: 3,
        capacity: 25,
        rate: 1,
        answers: 0.2,
        desk: 0.5,
        reconnectPerMinute: 0.051,
        slowReaders: 0.02,
        warmupMs: 250,
      },
      safety: {
        allowTargets: ['127.0.0.1'],
        maxNodesAffected: 1,
        ttlMs: 120_000,
        abortIf: [
          { measure: 'error_rate', op: '>', value: 0.9 },
          { measure: 'ready', op: '<', value: 1 },
          { measure: 'rss_bytes', op: '>', value: 1_073_741_824 },
        ],
      },
      probes: [
        {
          name: 'answers come fast',
          threshold: {
            baseline: { measure: 'p99_ms', op: '<=', value: 100 },
            fault: { measure: 'p99_ms', op: '<=', value: 5_000 },
            recovery: { measure: 'p99_ms', op: '<=', value: 200 },
          },
        },
        {
          name: 'everybody is there',
          threshold: { recovery: { measure: 'connected', op: '>=', value: 0.99 } },
        },
      ],
      method: [
        {
          at: { fromMs: 10_000, toMs: 20_000 },
          fault: 'latency',
          on: 'agents->node',
          forMs: 5_000,
          repeat: { everyMs: 10_000, times: 3 },
          params: { latency: '200ms' },
        },
        { at: { ms: 60_000 }, fault: 'disk_full', on: 'node', forMs: 2_000, params: {} },
      ],
      random: {
        fromMs: 70_000,
        forMs: 20_000,
        everyMs: { fromMs: 2_000, toMs: 4_000 },
        choices: [
          { fault: 'kill', on: 'node', params: { restart_after: '2s' } },
          {
            fault: 'latency',
            on: 'visitors->node',
            lasts: { fromMs: 1_000, toMs: 3_000 },
            params: { latency: '50ms' },
          },
        ],
      },
      recoveryMs: 20_000,
      checks: {
        invariants: ['no_acked_loss', 'no_false_ack'],
        resetsAllowed: 2,
        convergeWithinMs: 5_000,
        maxRssGrowthBytes: 67_108_864,
        minimum: { acks: 1_000, retries: 10, resumes: 5 },
      },
      report: { folder: 'chaos-reports' },
    })
  })

  test('can be aimed at a deployment that runs already, whose hosts are allowed', () => {
    const text = `${head}${cut}topology:
  attach:
    url: https://chat.example.com/
    toxiproxy: http://10.0.0.5:8474
    proxies: { visitors->node: kf_visitors, agents->node: kf_agents }
safety: { allow_targets: [chat.example.com, 10.0.0.5] }
`
    const { topology, checks } = loadExperiment(text, 'x.yml', testKinds)
    expect(topology).toEqual({
      kind: 'attached',
      url: 'https://chat.example.com/',
      toxiproxy: 'http://10.0.0.5:8474',
      links: { 'visitors->node': 'kf_visitors', 'agents->node': 'kf_agents' },
    })
    // Of a node that others started no memory is to be had.
    expect(checks.invariants).not.toContain('bounded_memory')
  })

  test('without agents nothing of the desk is judged, unless it is asked for', () => {
    const { checks, workload } = loadExperiment(`${head}${cut}workload: { agents: 0 }`, 'x.yml', testKinds)
    expect(workload).toMatchObject({ agents: 0, desk: 0 })
    for (const one of ['one_owner', 'capacity', 'convergence']) expect(checks.invariants).not.toContain(one)
  })

  test('a fault of the store makes no_false_ack something to judge', () => {
    const text = `${head}method: [{ at: 5s, fault: disk_full, for: 5s }]`
    expect(loadExperiment(text, 'x.yml', testKinds).checks.invariants).toContain('no_false_ack')
  })
})
