import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KfError } from '../../core/errors.ts'
import { complaint, head, testKinds } from './experiment-in-test.ts'
import { loadExperiment } from './load.ts'

const kill = 'method: [{ at: 10s, fault: kill }]\n'

describe('the complaint', () => {
  test('tells every problem at once, each with its place and fix', () => {
    const text = `versin: 1
title: x
topology:
  nodes: [{ workers: 1 }]
workload: { visitors: 2990, slow: 2 }
steady_state: { probes: [{ name: a, measure: p99_ms, baseline: <= 5% }] }
method:
  - { at: 10s, fault: partitoin, on: agents->node, for: 14s }
  - { at: 20s, fault: kill, restart_aftr: 2s }
  - { at: 30s, fault: latency, on: visitors->nod, for: 3s, latency: 5 }
  - { at: "random(14s, 10s)", fault: writer_kill, why: 3 }
safety: { ttl: 5s }
`
    expect(complaint(text)).toEqual([
      'x.yml:1:1: version: is missing; must be 1, the only version there is',
      'x.yml:1:1: versin: unknown key; did you mean version?',
      'x.yml:5:23: workload.visitors: visitors and agents make 3,110 sockets through proxies; the bound is 3,000: lower one of them',
      'x.yml:5:29: workload.slow: unknown key; did you mean slow_readers?',
      'x.yml:6:64: steady_state.probes[0].baseline: "<= 5%" does not fit; a bound is needed, such as "<= 200ms"',
      'x.yml:8:23: method[0].fault: there is no fault partitoin; did you mean partition?',
      'x.yml:9:29: method[1].restart_aftr: unknown key; did you mean restart_after?',
      'x.yml:10:36: method[2].on: latency cannot be aimed at visitors->nod; did you mean visitors->node?',
      'x.yml:10:69: method[2].latency: 5 does not fit; a time from 1ms to 1m is needed, such as 250ms, 5s or 2m',
      'x.yml:11:11: method[3].at: "random(14s, 10s)" does not fit; a time up to 24h is needed, such as 20s, or random(10s, 20s) with the earlier one first',
      'x.yml:11:38: method[3].fault: writer_kill needs a writer that is a process of its own; write topology.nodes: [{ workers: 2 }]',
      'x.yml:11:51: method[3].why: unknown key; the keys here are at, fault, on, for, repeat',
      'x.yml:12:16: safety.ttl: 5s is shorter than faults and recovery, which may take 38s; raise it to more than that, or leave it out',
    ])
  })

  test('shows the line with carets, and speaks Chinese', () => {
    const text = `${head}method:\n  - { at: 10s, fault: pasue, for: 3s }\n`
    try {
      loadExperiment(text, 'x.yml', testKinds)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(KfError)
      expect((error as KfError).params['zh']).toBe(
        [
          'x.yml:4:23: method[0].fault：没有故障 pasue；是否想写 pause？',
          '  4 |   - { at: 10s, fault: pasue, for: 3s }',
          '    |                       ^^^^^',
        ].join('\n'),
      )
    }
  })

  test.each<{ readonly what: string; readonly text: string; readonly says: readonly string[] }>([
    {
      what: 'no fault',
      text: head,
      says: ['x.yml:1:1: there is no fault in it; add method, a list of faults with their times, or random'],
    },
    {
      what: 'an end to what is over by itself',
      text: `${head}method: [{ at: 10s, fault: kill, for: 3s }]`,
      says: ['x.yml:3:34: method[0].for: kill is over by itself; take it out'],
    },
    {
      what: 'no end to what lasts',
      text: `${head}method: [{ at: 10s, fault: pause }]`,
      says: ['x.yml:3:28: method[0].fault: pause lasts until it is healed; add for: 10s'],
    },
    {
      what: 'no aim where there are two',
      text: `${head}method: [{ at: 10s, fault: partition, for: 3s }]`,
      says: [
        'x.yml:3:10: method[0].on: is missing; partition is aimed at one of visitors->node, agents->node',
      ],
    },
    {
      what: 'a link of a later version',
      text: `${head}method: [{ at: 10s, fault: partition, on: node->redis, for: 3s }]`,
      says: [
        'x.yml:3:43: method[0].on: this version of kf has one node, called node, which keeps its messages itself, and the links visitors->node and agents->node; write visitors->node or agents->node',
      ],
    },
    {
      what: 'nodes, engines and links of a later version',
      text: `${head}${kill}topology: { nodes: [{}, {}], engines: [redis], links: [node->mysql, visitors->node] }`,
      says: ['topology.nodes[1]', 'topology.engines[0]', 'topology.links[0]'].map(
        (path, i) =>
          `x.yml:4:${String([25, 40, 56][i])}: ${path}: this version of kf has one node, called node, which keeps its messages itself, and the links visitors->node and agents->node`,
      ),
    },
    {
      what: 'a link left out that a fault is aimed at',
      text: `${head}topology: { links: [visitors->node] }\nmethod: [{ at: 10s, fault: partition, on: agents->node, for: 3s }]`,
      says: ['x.yml:4:43: method[0].on: agents->node is not among topology.links; write visitors->node'],
    },
    {
      what: 'the same twice on the same thing',
      text: `${head}method:
  - { at: 10s, fault: pause, for: 10s }
  - { at: "random(15s, 30s)", fault: pause, for: 2s }
  - { at: 20s, fault: partition, on: agents->node, for: 5s }
  - { at: 21s, fault: partition, on: visitors->node, for: 5s }`,
      says: ['x.yml:5:11: method[1].at: pause node may still hold then, from 10s to 20s; move one of them'],
    },
    {
      what: 'what meets its own repetition',
      text: `${head}method: [{ at: 10s, fault: pause, for: 5s, repeat: { every: 4s, times: 2 } }]`,
      says: [
        'x.yml:3:61: method[0].repeat.every: 4s is shorter than for: 5s, so the next begins before this one ends; raise every, or lower for',
      ],
    },
    {
      what: 'the writer’s process where it is a thread',
      text: `${head}topology: { nodes: [{ workers: 1 }] }\nmethod: [{ at: 10s, fault: disk_full, for: 3s }]`,
      says: [
        'x.yml:4:28: method[0].fault: disk_full needs a writer that is a process of its own; write topology.nodes: [{ workers: 2 }]',
      ],
    },
    {
      what: 'no baseline',
      text: `${head}method: [{ at: 1s, fault: kill }]`,
      says: ['x.yml:3:16: method[0].at: 1s leaves no baseline to compare with; begin at 2s or later'],
    },
    {
      what: 'a thousand faults and more',
      text: `${head}method: [{ at: 10s, fault: kill, repeat: { every: 1s, times: 1000 } }, { at: 5s, fault: kill }]`,
      says: ['x.yml:3:1: method: 1001 faults with all repetitions; the bound is 1000: lower times'],
    },
    {
      what: 'more nodes than allowed',
      text: `${head}${kill}safety: { max_nodes_affected: 0 }`,
      says: [
        'x.yml:4:31: safety.max_nodes_affected: is 0, and the faults touch 1; raise it, or take faults out',
      ],
    },
    {
      what: 'a host that is not allowed',
      text: `${head}method: [{ at: 5s, fault: reconnect_storm, on: agents, share: 5% }]
topology:
  attach:
    url: https://chat.example.com
    toxiproxy: http://127.0.0.1:8474
    proxies: { visitors->node: a }
`,
      says: [
        'x.yml:6:10: topology.attach.url: chat.example.com does not stand in safety.allow_targets; add it there if it is yours to break',
        'x.yml:8:5: topology.attach.proxies: has no proxy for agents->node; add it, or name the other links in topology.links',
      ],
    },
    {
      what: 'this host, where it is not allowed',
      text: `${head}${kill}safety: { allow_targets: [example.com] }`,
      says: ['x.yml:4:26: safety.allow_targets: does not hold 127.0.0.1, where kf starts its node; add it'],
    },
    {
      what: 'a process of a node that kf did not start',
      text: `${head}${kill}topology:
  attach: { url: http://127.0.0.1:7000, toxiproxy: http://127.0.0.1:8474, proxies: { visitors->node: a, agents->node: b } }
`,
      says: [
        'x.yml:3:28: method[0].fault: kill needs a node that kf has started, and this one is attached; take topology.attach out, or take another fault',
      ],
    },
    {
      what: 'promises that this workload cannot show',
      text: `${head}${kill}workload: { desk: 0, agents: 2, visitors: 100, capacity: 10 }
checks: { invariants: [one_owner, capacity, convergence, no_false_ack, no_acked_loss] }`,
      says: [
        'x.yml:5:24: checks.invariants[0]: cannot be judged where no conversation changes hands; raise workload.desk above 0, or take it out',
        'x.yml:5:45: checks.invariants[2]: cannot be judged: agents have room for 20 conversations of 100, so some always wait; raise workload.capacity',
        'x.yml:5:58: checks.invariants[3]: cannot be judged where the store never fails; add a fault such as disk_full, or take it out',
      ],
    },
    {
      what: 'a probe without a bound',
      text: `${head}${kill}steady_state: { probes: [{ name: a, measure: ready }] }`,
      says: [
        'x.yml:4:26: steady_state.probes[0]: holds in no phase; add baseline, fault or recovery with a bound',
      ],
    },
    {
      what: 'a drawn fault that never ends',
      text: `${head}random: { for: 10s, every: 2s, faults: [{ fault: pause }, { fault: kil }] }`,
      says: [
        'x.yml:3:50: random.faults[0].fault: pause lasts until it is healed; add for: random(2s, 6s)',
        'x.yml:3:68: random.faults[1].fault: there is no fault kil; did you mean kill?',
      ],
    },
  ])('of $what', ({ text, says }) => {
    expect(complaint(text)).toEqual(says)
  })

  test('of an alias bomb and of an empty file comes at once', () => {
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefgh'
      .split('')
      .map((name, i) => `${name}: &${name} [${`*${'abcdefgh'.charAt(i)}, `.repeat(9)}]`)
      .join('\n')}`
    expect(complaint(bomb).filter((line) => line.includes('more than 100 aliases'))).toHaveLength(1)
    expect(complaint('# nothing\n')).toEqual(['x.yml: is empty; begin with a shipped one: kf chaos list'])
  })

  test('is all that any text gets: nothing else is ever thrown', () => {
    const keys = fc.constantFrom(
      ...['topology', 'workload', 'safety', 'steady_state', 'method', 'random', 'checks', 'nodes', 'attach'],
      ...['links', 'proxies', 'probes', 'faults', 'fault', 'on', 'at', 'for', 'every', 'repeat', 'times'],
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('kill', 'latency', 'visitors->node', '10s', 'random(1s,2s)', '5%'),
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(keys, tie('tree'), { maxKeys: 5 }),
      ),
    }))
    fc.assert(
      fc.property(fc.dictionary(keys, tree), (value) => {
        expect(complaint(JSON.stringify(value)).length).toBeGreaterThan(0)
      }),
      { numRuns: 100 },
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(complaint(text).length).toBeGreaterThan(0)
      }),
      { numRuns: 50 },
    )
  })

  test('has a second language for whatever is wrong', () => {
    const values = fc.constantFrom(
      '5',
      'x',
      '[]',
      '{}',
      'null',
      '-1',
      '10s',
      '"> 5%"',
      '[{}]',
      '[x]',
      'random(1s,2s)',
    )
    const keys = fc.constantFrom(
      ...['version', 'title', 'seed', 'topology', 'workload', 'safety', 'steady_state', 'method', 'random'],
      ...['recovery', 'checks', 'report', 'tags', 'nonsense'],
    )
    fc.assert(
      fc.property(fc.dictionary(keys, values), (fields) => {
        const text = Object.entries(fields)
          .map(([key, value]) => `${key}: ${value}\n`)
          .join('')
        const [en, zh] = [complaint(text, 'en'), complaint(text, 'zh')]
        expect(zh).toHaveLength(en.length)
        if (en[0] !== 'accepted') for (const line of zh) expect(line).toMatch(/\p{Script=Han}/u)
      }),
    )
  })
})
