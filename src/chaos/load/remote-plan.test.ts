import { expect, test } from 'vitest'
import type { GeneratorPlan } from './ipc.ts'
import { noTrouble } from './ipc.ts'
import { problemOfPlans, readToHost } from './remote-plan.ts'

const plan: GeneratorPlan = {
  generator: 0,
  dialect: 'echo',
  addresses: [{ host: '127.0.0.1', port: 7000, path: '/' }],
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
  zeroWallMs: 1_764_000_000_000,
  probePort: 0,
}

test('messages of a coordinator are taken, and nothing else is', () => {
  const good = [
    { t: 'begin', plans: [plan] },
    { t: 'tell', generator: 0, message: { t: 'connect', who: 'visitors', perSecond: 100, withinMs: 5_000 } },
    { t: 'ping', n: 3 },
    { t: 'end' },
  ]
  expect(good.map((message) => readToHost(message))).toEqual(good)
  const bad = [
    null,
    'end',
    {},
    { t: 'exec', command: 'id' },
    { t: 'begin', plans: [{ ...plan, visitors: 1e9 }] },
    { t: 'begin', plans: [{ ...plan, addresses: 'all' }] },
    { t: 'begin', plans: [{ ...plan, addresses: [{ host: 'a', port: 1, path: '/ HTTP/1.1\r\n' }] }] },
    { t: 'begin', plans: [{ ...plan, zeroNs: 0 }] },
    { t: 'tell', generator: 0, message: { t: 'plan', plan } },
    { t: 'tell', generator: -1, message: { t: 'leave' } },
    { t: 'tell', generator: 0, message: { t: 'connect', who: 'visitors', perSecond: 1e9, withinMs: 1 } },
    { t: 'ping', n: 'x' },
  ]
  expect(bad.map((message) => readToHost(message))).toEqual(bad.map(() => undefined))
})

test('a host loads what it was told it may, and loopback', () => {
  const far = { ...plan, addresses: [...plan.addresses, { host: '192.0.2.7', port: 80, path: '/' }] }
  expect(problemOfPlans([plan], [])).toBeUndefined()
  expect(problemOfPlans([plan, far], ['192.0.2.7'])).toBeUndefined()
  expect(problemOfPlans([plan, far], ['192.0.2.8'])).toEqual({
    code: 'host_target',
    params: { target: '192.0.2.7' },
    message: 'it may not load 192.0.2.7',
    hint: 'if the target is yours to load, start it there with --allow-target 192.0.2.7',
  })
})
