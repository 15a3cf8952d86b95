import { expect, test } from 'vitest'
import { complaintText } from './complaints.ts'
import { type Complaint, judge, type Trust } from './judge.ts'

const open: Trust = {
  mode: 'open',
  loopLagP99Ms: 1,
  receiveLagP99Ms: 0.3,
  slipP99Ms: 1.5,
  busiestGeneratorCores: 0.4,
  generatorCores: 0.6,
  serverCores: 0.9,
  otherCores: 0.02,
  stealShare: 0,
  memoryPressure: 0,
  cpuPressure: 0.3,
  ioPressure: 0.1,
  serverPinnedCores: null,
  generatorPinnedCores: null,
  memoryBackedStore: null,
  ownServer: true,
}
const closed: Trust = {
  ...open,
  mode: 'closed',
  serverCores: 0.97,
  generatorCores: 0.7,
  serverPinnedCores: 1,
  generatorPinnedCores: 1,
  receiveLagP99Ms: 80,
  loopLagP99Ms: 90,
}

test('a calm machine is trusted in both modes; a closed loop may stamp late, since it measures throughput', () => {
  expect([judge(open), judge(closed)]).toEqual([null, null])
})

test.each<{ name: string; trust: Trust; reason: string }>([
  {
    name: 'a starved receiver',
    trust: { ...open, receiveLagP99Ms: 61 },
    reason: 'generator stamps what it receives late, p99 61 ms (bound 10 ms)',
  },
  {
    name: 'a starved loop',
    trust: { ...open, loopLagP99Ms: 10.5 },
    reason: 'generator lag p99 11 ms (bound 10 ms)',
  },
  {
    name: 'late sends',
    trust: { ...open, slipP99Ms: 25 },
    reason: 'generator sends late, slip p99 25 ms (bound 10 ms)',
  },
  {
    name: 'a full generator',
    trust: { ...open, busiestGeneratorCores: 0.95 },
    reason: 'a generator kept 0.95 cores busy (bound 0.90)',
  },
  {
    name: 'a stranger',
    trust: { ...open, otherCores: 0.5 },
    reason: 'other processes kept 0.50 cores busy (bound 0.15)',
  },
  {
    name: 'a greedy hypervisor',
    trust: { ...open, stealShare: 0.05 },
    reason: 'the hypervisor took 5.0 % of the CPU (bound 2.0 %)',
  },
  {
    name: 'no memory left',
    trust: { ...open, memoryPressure: 0.1 },
    reason: 'everything waited for memory 10.0 % of the time (bound 2.0 %)',
  },
  {
    name: 'a store in memory',
    trust: { ...open, memoryBackedStore: 'tmpfs' },
    reason: 'the data folder is on tmpfs, where a sync costs nothing',
  },
  {
    name: 'a server at rest in a closed loop',
    trust: { ...closed, serverCores: 0.8 },
    reason: "the server's cores were 80.0 % busy (at least 90.0 % needed)",
  },
  {
    name: 'a generator at its limit in a closed loop',
    trust: { ...closed, generatorCores: 0.93 },
    reason: 'generators used 93.0 % of their cores (bound 90.0 %)',
  },
  {
    name: 'sides not pinned apart',
    trust: { ...closed, serverPinnedCores: null },
    reason: 'server and generators were not pinned apart',
  },
])('$name is called by its name, with the bound and a fix', ({ trust, reason }) => {
  const complaint = judge(trust)
  const [what, fix] = complaint === null ? [] : complaintText(complaint, 'en').split('; fix: ')
  expect(what).toBe(reason)
  expect(fix).toMatch(/./)
  expect(complaint === null ? '' : complaintText(complaint, 'zh')).toMatch(/；解决办法：./)
})

test.each([
  ['0: the process ended (SIGKILL)', '0：进程结束了（SIGKILL）'],
  ['0: the process ended (exit 1)', '0：进程结束了（1）'],
  ['1 on 10.0.0.2:7099: the connection was closed', '1，位于 10.0.0.2:7099：连接断开了'],
  ['1 on 10.0.0.2:7099: silent for 15000 ms', '1，位于 10.0.0.2:7099：15000 ms 没有音信'],
])('a lost generator, %s, is told in Chinese', (value, said) => {
  const complaint: Complaint = { kind: 'generator_lost', value, bound: '' }
  expect(complaintText(complaint, 'en')).toMatch(`generator ${value}; fix: `)
  expect(complaintText(complaint, 'zh')).toMatch(`发生器 ${said}；解决办法：`)
})
