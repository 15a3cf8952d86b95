import { expect, test } from 'vitest'
import { systemClock } from '../../../core/clock.ts'
import type { Topology } from '../../topology/topology.ts'
import type { FaultClients, FaultContext } from '../fault.ts'
import { faultKinds } from '../kinds.ts'

/** Nothing but clients, which these two faults are about. */
function context(clients: Partial<FaultClients>): FaultContext {
  const topology: Topology = {
    nodes: [],
    links: [],
    addressFor: () => '',
    directAddress: () => '',
    toxiproxy: '',
    site: '',
    agentTokens: [],
    sample: () => Promise.resolve(undefined),
    stop: () => Promise.resolve(),
  }
  return {
    topology,
    clock: systemClock,
    random: () => 0.5,
    undo: () => Promise.reject(new Error('nothing to undo')),
    clients: {
      storm: () => 0,
      stopReading: () => ({ resume: () => undefined, cut: () => 0 }),
      connected: () => 0,
      acks: () => 0,
      ...clients,
    },
  }
}

test('reconnect_storm fired once fewer are connected, and stays proven when they are back', async () => {
  let connected = 10
  const asked: unknown[] = []
  const fault = await faultKinds.get('reconnect_storm')?.inject(
    context({
      connected: () => connected,
      storm: (side, share) => {
        asked.push([side, share])
        return 5
      },
    }),
    'visitors',
    { share: '50%' },
  )
  expect(asked).toEqual([['visitors', 0.5]])
  expect(await fault?.verify()).toBeUndefined()
  connected = 6
  expect(await fault?.verify()).toBe('5 connections cut, 6 of 10 connected')
  connected = 10
  expect(await fault?.verify()).toBe('5 connections cut, 6 of 10 connected')
})

test('reconnect_storm on nobody is an error, not a proof', async () => {
  await expect(faultKinds.get('reconnect_storm')?.inject(context({}), 'agents', {})).rejects.toMatchObject({
    code: 'nobody_connected',
  })
})

test('slow_consumer is proven by readers that the server cut, and heals by reading on', async () => {
  let [cut, reading] = [0, false]
  const fault = await faultKinds.get('slow_consumer')?.inject(
    context({
      stopReading: () => ({
        cut: () => cut,
        resume: () => {
          reading = true
        },
      }),
    }),
    'agents',
    { share: '50%' },
  )
  expect(await fault?.verify()).toBeUndefined()
  cut = 3
  expect(await fault?.verify()).toBe('3 readers were cut with 4413')
  await fault?.heal()
  expect(reading).toBe(true)
})

test('a side that there is not is said', async () => {
  await expect(faultKinds.get('slow_consumer')?.inject(context({}), 'nobody', {})).rejects.toThrow(
    'there is no side "nobody": visitors, agents',
  )
})
