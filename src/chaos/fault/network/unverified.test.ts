import { describe, expect, it } from 'vitest'
import { endAllAfterEach } from '../../topology/links-in-test.ts'
import { contextOf, scene } from './fault-in-test.ts'
import { idleScene } from './idle-in-test.ts'

endAllAfterEach()

const all: readonly (readonly [string, object])[] = [
  ['latency', { latency: '300ms' }],
  ['jitter', { latency: '300ms', jitter: '300ms' }],
  ['bandwidth', { rate: '1KiB' }],
  ['hold', {}],
  ['partition', { direction: 'up' }],
  ['blackhole', {}],
  ['half_open', {}],
  ['reset', {}],
  ['reset_storm', { wave: '200ms' }],
  ['down', {}],
  ['toxic', { type: 'slicer', attributes: { average_size: 10, delay: 1_000 } }],
  ['toxic', { type: 'limit_data', attributes: { bytes: 1_000 } }],
  ['toxic', { type: 'slow_close', attributes: { delay: 300 } }],
  ['toxic', { type: 'timeout', attributes: { timeout: 10 } }],
]

describe('a fault that does nothing is not taken for one that fired', () => {
  it.each(all)('%s %j: its toxics are there, and nothing comes of them', async (fault, params) => {
    const { inject, log } = await idleScene({ keeps: true })
    const injected = await inject(fault, params)
    expect(await injected.verify()).toBeUndefined()
    await injected.heal()
    expect(log).toEqual([])
  })

  it.each(all)('%s %j: what was added is not there when it is read back', async (fault, params) => {
    const { inject, log } = await idleScene({ keeps: false })
    const injected = await inject(fault, params)
    expect(await injected.verify()).toBeUndefined()
    await injected.heal()
    expect(log).toEqual([])
  })

  it.each([
    ['partition', {}],
    ['toxic', { type: 'timeout', attributes: { timeout: 600_000 } }],
    ['toxic', { type: 'limit_data', attributes: { bytes: 1_000_000 }, direction: 'up' }],
  ])('%s %j is not proved by a node that answers nobody', async (fault, params) => {
    const { inject, node } = await scene()
    const injected = await inject(fault, params)
    node.answer('never')
    expect(await injected.verify()).toBeUndefined()
    node.stop()
    expect(await injected.verify()).toBeUndefined()
    await injected.heal()
  })

  it('a node that is slow by itself proves no latency', async () => {
    const { inject, node } = await idleScene({ keeps: true })
    const injected = await inject('latency', { latency: '100ms' })
    node.answer(400)
    expect(await injected.verify()).toBeUndefined()
    await injected.heal()
  })

  it('a link that is dead by itself proves no partition without its toxics', async () => {
    const { inject } = await idleScene({ keeps: false, swallows: true })
    const injected = await inject('partition')
    expect(await injected.verify()).toBeUndefined()
    await injected.heal()
  })
})

describe('what cannot be injected', () => {
  it('a link that there is not, with the nearest name', async () => {
    const { inject, events } = await scene()
    await expect(inject('latency', { latency: '5ms' }, 'visitor->node')).rejects.toMatchObject({
      code: 'unknown_link',
      hint: 'did you mean visitors->node?',
    })
    expect(events).toEqual([])
  })

  it('a link without Toxiproxy', async () => {
    const { links } = await scene()
    const { inject } = contextOf(links, undefined, '')
    await expect(inject('hold')).rejects.toMatchObject({
      code: 'no_links',
      message: 'no Toxiproxy stands on visitors->node, so it cannot be broken',
    })
  })

  it('what Toxiproxy refuses half way is taken back at once', async () => {
    const { inject, control, log, events } = await scene()
    await control.addToxic('visitors->node', {
      name: 'kf-hold-downstream',
      type: 'latency',
      stream: 'downstream',
      toxicity: 1,
      attributes: { latency: 1, jitter: 0 },
    })
    await expect(inject('hold')).rejects.toMatchObject({
      code: 'toxiproxy_refused',
      message: expect.stringContaining('the answer is 409') as unknown,
    })
    expect(events.slice(0, 4)).toEqual([
      'undo kf-hold-upstream',
      'add kf-hold-upstream',
      'undo kf-hold-downstream',
      'add kf-hold-downstream',
    ])
    expect(log).toEqual([])
    expect((await control.read('visitors->node')).toxics).toEqual([])
  })

  it('an undo log that cannot be written leaves the link untouched', async () => {
    const { context, control, fault } = await scene()
    const full = { ...context, undo: () => Promise.reject(new Error('the disk is full')) }
    await expect(fault('partition').inject(full, 'visitors->node', {})).rejects.toThrow('the disk is full')
    await expect(fault('down').inject(full, 'visitors->node', {})).rejects.toThrow('the disk is full')
    expect(await control.read('visitors->node')).toMatchObject({ enabled: true, toxics: [] })
  })

  it.each([
    ['latency', {}],
    ['latency', { latency: '10s' }],
    ['latency', { latency: '10ms', direction: 'sideways' }],
    ['latency', { delay: '10ms' }],
    ['bandwidth', { rate: '2MiB' }],
    ['toxic', { type: 'slicer', attributes: { average_size: 10 } }],
    ['toxic', { type: 'limit_data', attributes: { bytes: 10, delay: 5 } }],
    ['toxic', { type: 'limit_data', attributes: { bytes: -1 } }],
    ['toxic', { type: 'noop', attributes: {} }],
  ])('%s %j is refused by its schema', async (name, params) => {
    const { fault } = await idleScene({ keeps: true })
    expect(fault(name).params.safeParse(params).success).toBe(false)
  })
})
