import { describe, expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../../core/clock.ts'
import { addressKey, trustedProxies } from '../access/address.ts'
import { defaultLimits, type LimitsConfig } from './config.ts'
import type { Limited } from './filter.ts'
import { createLimits, type Limits } from './limits.ts'

const tight: LimitsConfig = {
  visitor: { messages: { rate: 1, burst: 3 }, controls: { rate: 2, burst: 4 } },
  address: {
    connections: { rate: 1, burst: 2 },
    new_visitors: { rate: 1, burst: 2 },
    posts: { rate: 1, burst: 2 },
    messages: { rate: 10, burst: 5 },
  },
  site: { messages: { rate: 'off', burst: 8 } },
  agent: {
    messages: { rate: 1, burst: 3 },
    commands: { rate: 1, burst: 2 },
    controls: { rate: 2, burst: 4 },
  },
  login: { per_login: { rate: 1, burst: 2 }, per_address: { rate: 1, burst: 3 } },
  penalty: { after: 2, max_wait: 10_000, disconnect_after: 5, forget: 60_000 },
  allow: { addresses: [], sites: [] },
}

type Sites = Readonly<Record<string, { readonly key: string; readonly sealed: boolean }>>
const sites: Sites = { s1: { key: 'shop', sealed: false }, bench: { key: 'load', sealed: true } }

function start(
  config: LimitsConfig = tight,
  workers = 1,
): { readonly limits: Limits; readonly clock: ManualClock } {
  const clock = manualClock()
  const addresses = { keyOf: addressKey, listOf: trustedProxies }
  return { clock, limits: createLimits({ config, clock, workers, addresses, site: (id) => sites[id] }) }
}

type Sender = {
  readonly send: (type?: string) => number
  readonly control: () => number
  readonly turnedAway: () => void
  readonly closed: { readonly code: number; readonly reason: string }[]
}

function senderOf(
  limits: Limits,
  who: { id?: string; role?: 'visitor' | 'agent'; site?: string; address?: string } = {},
): Sender {
  const closed: { code: number; reason: string }[] = []
  const { address, id = 'v1', role = 'visitor', site = 's1' } = who
  const origin: Limited['origin'] = {
    caller: { role, id, site },
    source: address === undefined ? undefined : limits.sources.of(address),
    close: (code, reason) => closed.push({ code, reason }),
  }
  return {
    send: (type = 'send') => limits.messages.wait({ origin, frame: { type } }),
    control: () => limits.messages.control(origin),
    turnedAway: () => {
      limits.messages.turnedAway({ origin, frame: { type: 'send' } })
    },
    closed,
  }
}

const times = <T>(count: number, once: () => T): T[] => Array.from({ length: count }, once)

describe('messages', () => {
  test('of a visitor: its burst, then one a step; whoever waits as told goes on, and is never punished', () => {
    const { clock, limits } = start()
    const visitor = senderOf(limits)
    expect(times(4, visitor.send)).toEqual([0, 0, 0, 1_000])
    for (let n = 0; n < 200; n++) {
      clock.advance(1_000)
      expect([visitor.send(), visitor.send()]).toEqual([0, 1_000])
    }
    expect(visitor.closed).toEqual([])
  })

  test('of one visitor do not count for another, nor for its sockets on another connection', () => {
    const { limits } = start()
    const tabs = [senderOf(limits), senderOf(limits)]
    expect(times(4, () => tabs.map(({ send }) => send())).flat()).toEqual([
      0, 0, 0, 1_000, 1_000, 1_000, 1_000, 1_000,
    ])
    expect(senderOf(limits, { id: 'v2' }).send()).toBe(0)
  })

  test('of an address that was forgotten meanwhile are counted anew, also on a connection that stayed', () => {
    const { clock, limits } = start()
    const from = (id: string) => senderOf(limits, { id, address: '192.0.2.1' })
    const stayed = from('v1')
    stayed.send()
    clock.advance(60_000)
    limits.exchange()
    expect(limits.report().keys['address.messages']).toBe(0)
    stayed.send()
    expect([...times(2, from('v2').send), ...times(3, from('v3').send)]).toEqual([0, 0, 0, 0, 100])
    expect(limits.report().keys['address.messages']).toBe(1)
  })

  test('of a site are counted over all its visitors, also where two sites share an address', () => {
    const { limits } = start({ ...tight, site: { messages: { rate: 1, burst: 2 } } })
    const from = (id: string, site: string) => senderOf(limits, { id, site, address: '192.0.2.1' })
    expect([from('v1', 's1').send(), from('v2', 's2').send(), from('v3', 's1').send()]).toEqual([0, 0, 0])
    expect([from('v4', 's1').send(), from('v5', 's2').send()]).toEqual([1_000, 0])
  })

  test('of an address are counted over its visitors; what one limit refuses uses up no other', () => {
    const { clock, limits } = start()
    const of = (id: string) => senderOf(limits, { id, address: '192.0.2.1' })
    expect(times(9, of('greedy').send).filter((wait) => wait === 0)).toHaveLength(3)
    expect(times(3, of('v2').send)).toEqual([0, 0, 100])
    expect(senderOf(limits, { id: 'v3', address: '192.0.2.2' }).send()).toBe(0)
    clock.advance(100)
    expect(of('v4').send()).toBe(0)
    expect(limits.report().refused).toMatchObject({ 'visitor.messages': 6, 'address.messages': 1 })
  })

  test('an IPv6 address is counted by its /64', () => {
    const { limits } = start()
    const waits = times(6, () => 0).map((_, n) =>
      senderOf(limits, { id: `v${n}`, address: `2001:db8::${n + 1}` }).send(),
    )
    expect(waits).toEqual([0, 0, 0, 0, 0, 100])
  })

  test('of a site are counted where its limit is on', () => {
    const { limits } = start({ ...tight, site: { messages: { rate: 2, burst: 2 } } })
    const waits = ['v1', 'v2', 'v3'].map((id) => senderOf(limits, { id }).send())
    expect(waits).toEqual([0, 0, 500])
  })

  test('and commands of an agent have limits of their own', () => {
    const { limits } = start()
    const agent = senderOf(limits, { id: 'a1', role: 'agent', address: '192.0.2.1' })
    expect(times(4, () => agent.send())).toEqual([0, 0, 0, 1_000])
    expect(times(3, () => agent.send('accept'))).toEqual([0, 0, 1_000])
  })

  test('of a sealed site, and of a site in the allow list, are free', () => {
    const { limits } = start()
    expect(times(99, senderOf(limits, { site: 'bench' }).send)).toEqual(times(99, () => 0))
    expect(times(4, senderOf(limits).send).at(-1)).toBe(1_000)
    limits.update({ ...tight, allow: { addresses: [], sites: ['shop'] } })
    expect(times(99, senderOf(limits).send)).toEqual(times(99, () => 0))
  })
})

describe('frames that are no messages', () => {
  test('have an allowance of their own, of each visitor and each agent', () => {
    const { clock, limits } = start()
    const visitor = senderOf(limits)
    expect(times(5, visitor.control)).toEqual([0, 0, 0, 0, 500])
    expect([visitor.send(), senderOf(limits, { id: 'v2' }).control()]).toEqual([0, 0])
    expect(times(5, senderOf(limits, { id: 'a1', role: 'agent' }).control)).toEqual([0, 0, 0, 0, 500])
    clock.advance(500)
    expect(times(2, visitor.control)).toEqual([0, 500])
    expect(limits.report().refused).toMatchObject({ 'visitor.controls': 2, 'agent.controls': 1 })
  })

  test('end the connection of who goes on sending them', () => {
    const { limits } = start()
    const visitor = senderOf(limits)
    times(4 + 1 + 16 + 4, visitor.control)
    expect(visitor.closed).toEqual([])
    visitor.control()
    expect(visitor.closed.map(({ code }) => code)).toEqual([4429])
  })

  test('of an agent count by another limit at once: what was taken stays taken', () => {
    const { limits } = start()
    const agent = senderOf(limits, { id: 'a1', role: 'agent' })
    times(3, agent.control)
    limits.update({ ...tight, agent: { ...tight.agent, controls: { rate: 1, burst: 5 } } })
    expect(times(3, agent.control)).toEqual([0, 0, 1_000])
  })

  test('are free on a sealed site, and where the limit is off', () => {
    const { limits } = start()
    expect(times(99, senderOf(limits, { site: 'bench' }).control)).toEqual(times(99, () => 0))
    limits.update({ ...tight, visitor: { ...tight.visitor, controls: { rate: 'off', burst: 4 } } })
    expect(times(99, senderOf(limits).control)).toEqual(times(99, () => 0))
  })
})

describe('penalties', () => {
  test('who does not wait waits longer and longer, up to the bound, and is then disconnected', () => {
    const { limits } = start()
    const visitor = senderOf(limits)
    times(3, visitor.send)
    // Refused; as many as may be under way; two strikes; the third doubles the wait, the fourth again; the fifth ends the connection.
    expect(times(17, visitor.send)).toEqual(times(17, () => 1_000))
    expect(times(5, visitor.send)).toEqual([1_000, 1_000, 2_000, 4_000, 4_000])
    expect(visitor.closed).toEqual([
      { code: 4429, reason: 'too many frames before the time that was told; come back with backoff' },
    ])
    expect(limits.report().disconnected).toBe(1)
  })

  test('nothing is granted within a longer wait, and after it the sender goes on', () => {
    const { clock, limits } = start()
    const visitor = senderOf(limits)
    expect(times(24, visitor.send).at(-1)).toBe(4_000)
    clock.advance(3_999)
    expect(visitor.send()).toBeGreaterThan(0)
    clock.advance(10_000)
    expect(visitor.send()).toBe(0)
  })

  test('a client by the book, with 16 on their way, is never punished, however much it has to say', () => {
    const { clock, limits } = start()
    const visitor = senderOf(limits)
    times(3, visitor.send)
    for (let n = 0; n < 200; n++) {
      expect(visitor.send()).toBe(1_000)
      times(14, visitor.turnedAway)
      clock.advance(1_000)
      expect(visitor.send()).toBe(0)
    }
    expect(visitor.closed).toEqual([])
  })

  test('the wait never grows beyond its bound', () => {
    const { limits } = start({ ...tight, penalty: { ...tight.penalty, disconnect_after: 1_000 } })
    const visitor = senderOf(limits)
    expect(Math.max(...times(500, visitor.send))).toBe(10_000)
  })

  test('strikes are forgotten after a while without one', () => {
    const { clock, limits } = start()
    const visitor = senderOf(limits)
    times(24, visitor.send)
    clock.advance(60_000)
    times(3, visitor.send)
    expect(times(3, visitor.send)).toEqual([1_000, 1_000, 1_000])
    expect(visitor.closed).toEqual([])
  })

  test('new ids behind a refused one are strikes, too, but not where the store was what refused', () => {
    const { clock, limits } = start()
    const waiting = senderOf(limits, { id: 'v2' })
    times(99, waiting.turnedAway)
    expect(waiting.closed).toEqual([])
    const granted = senderOf(limits, { id: 'v3' })
    expect(times(4, granted.send).at(-1)).toBe(1_000)
    clock.advance(1_000)
    expect(granted.send()).toBe(0)
    times(99, granted.turnedAway)
    expect(granted.closed).toEqual([])
    const visitor = senderOf(limits)
    times(4, visitor.send)
    times(16, visitor.turnedAway)
    expect(visitor.closed).toEqual([])
    times(5, visitor.turnedAway)
    expect(visitor.closed.map(({ code }) => code)).toEqual([4429])
  })
})

describe('addresses', () => {
  test('connections, new visitors and posts are counted each on its own', () => {
    const { clock, limits } = start()
    const source = limits.sources.of('192.0.2.1')
    expect(times(3, () => limits.connection(source))).toEqual([0, 0, 1_000])
    expect(times(3, () => limits.newVisitor(source, 's1'))).toEqual([0, 0, 1_000])
    expect(times(3, () => limits.post(source, 's1'))).toEqual([0, 0, 1_000])
    expect(limits.connection(limits.sources.of('192.0.2.2'))).toBe(0)
    clock.advance(250)
    expect(limits.connection(source)).toBe(750)
    expect(times(9, () => limits.newVisitor(source, 'bench'))).toEqual(times(9, () => 0))
  })

  test('loopback is free by default, and 20,000 connections of a load test with it', () => {
    const { limits } = start(defaultLimits)
    for (const address of ['127.0.0.1', '127.9.9.9', '::1']) {
      const source = limits.sources.of(address)
      expect(times(20_000, () => limits.connection(source)).every((wait) => wait === 0)).toBe(true)
    }
    const other = limits.sources.of('192.0.2.1')
    expect(times(20_000, () => limits.connection(other)).filter((wait) => wait === 0)).toHaveLength(2_000)
  })

  test('an allow list counts at once for connections that are there', () => {
    const { limits } = start()
    const source = limits.sources.of('192.0.2.1')
    times(2, () => limits.connection(source))
    limits.update({ ...tight, allow: { addresses: ['192.0.2.0/24'], sites: [] } })
    expect(limits.connection(source)).toBe(0)
    limits.update(tight)
    expect(limits.connection(source)).toBe(1_000)
  })
})

describe('logins', () => {
  test('are counted per login and per address; a right password gives its try back; no allow list frees them', () => {
    const { limits } = start({ ...tight, allow: { addresses: ['192.0.2.0/24'], sites: ['shop'] } })
    const source = limits.sources.of('192.0.2.1')
    for (let n = 0; n < 9; n++) limits.login(source, 'Alice').giveBack()
    expect(times(3, () => limits.login(source, 'alice').waitMs)).toEqual([0, 0, 1_000])
    expect(limits.login(source, 'bob').waitMs).toBe(0)
    expect(limits.login(source, 'carol').waitMs).toBe(1_000)
    expect(limits.login(limits.sources.of('192.0.2.9'), 'carol').waitMs).toBe(0)
  })
})

describe('another configuration', () => {
  test('keeps what was taken, and counts from now on', () => {
    const { limits } = start()
    const visitor = senderOf(limits)
    times(3, visitor.send)
    limits.update({ ...tight, visitor: { ...tight.visitor, messages: { rate: 10, burst: 5 } } })
    expect(times(3, visitor.send)).toEqual([0, 0, 100])
  })

  test('forgives what is beyond the new burst: nobody waits more than a step for what was allowed before', () => {
    const { limits } = start({
      ...tight,
      visitor: { ...tight.visitor, messages: { rate: 100, burst: 1_000 } },
    })
    const visitor = senderOf(limits)
    times(1_000, visitor.send)
    limits.update(tight)
    expect(visitor.send()).toBe(1_000)
  })

  test('cuts penalties to its own bound', () => {
    const { clock, limits } = start({ ...tight, penalty: { ...tight.penalty, disconnect_after: 1_000 } })
    const visitor = senderOf(limits)
    times(100, visitor.send)
    limits.update({ ...tight, penalty: { ...tight.penalty, max_wait: 500 } })
    clock.advance(1_000)
    expect(visitor.send()).toBe(0)
  })
})

describe('workers', () => {
  test('tell each other what they took, so that a second one does not give a burst again', () => {
    const [one, two] = [start(tight, 2), start(tight, 2)]
    times(3, senderOf(one.limits).send)
    const taken = one.limits.exchange()
    expect(taken).toEqual({ 'visitor.messages': ['v1', 3] })
    if (taken !== undefined) two.limits.owe(taken)
    expect(senderOf(two.limits).send()).toBe(1_000)
    expect(one.limits.exchange()).toBeUndefined()
    expect(two.limits.exchange()).toBeUndefined()
  })

  test('a single one tells nobody', () => {
    const { limits } = start()
    times(3, senderOf(limits).send)
    expect(limits.exchange()).toBeUndefined()
  })
})

test('a clock that goes back stands still, and goes on from there', () => {
  let ms = 10_000
  const addresses = { keyOf: addressKey, listOf: trustedProxies }
  const clock = { monotonic: () => ms }
  const limits = createLimits({ config: tight, clock, workers: 1, addresses, site: (id) => sites[id] })
  const visitor = senderOf(limits)
  times(3, visitor.send)
  ms = 5_000
  expect(visitor.send()).toBe(1_000)
  ms = 6_000
  expect(visitor.send()).toBe(0)
})

test('idle keys are forgotten', () => {
  const { clock, limits } = start()
  for (let n = 0; n < 500; n++) senderOf(limits, { id: `v${n}` }).send()
  expect(limits.report().keys['visitor.messages']).toBe(500)
  clock.advance(10_000)
  limits.exchange()
  expect(limits.report().keys['visitor.messages']).toBe(0)
})
