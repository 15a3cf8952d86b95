import { describe, expect, it } from 'vitest'
import { endAllAfterEach } from '../../topology/links-in-test.ts'
import { contextOf, openEcho, proofOf, scene } from './fault-in-test.ts'

endAllAfterEach()

const both = (fault: string) => [`kf-${fault}-upstream`, `kf-${fault}-downstream`]

describe('every fault on a link', () => {
  it.each([
    ['latency', { latency: '60ms' }, both('latency'), /^\d+ ms through the link, [\d.]+ ms past it$/],
    ['latency', { latency: '60ms', direction: 'up' }, ['kf-latency-upstream'], /through the link/],
    ['jitter', { jitter: '60ms' }, both('jitter'), /^8 round trips of \d+ ms to \d+ ms through the link/],
    ['bandwidth', { rate: '2KiB' }, both('bandwidth'), /^\d+ ms through the link, [\d.]+ ms past it$/],
    ['bandwidth', { rate: '1MiB', direction: 'up' }, ['kf-bandwidth-upstream'], /through the link/],
    ['bandwidth', { rate: '64KiB', direction: 'down' }, ['kf-bandwidth-downstream'], /through the link/],
    ['hold', {}, both('hold'), /^an open connection got no byte in \d+ ms through the link/],
    ['partition', {}, both('partition'), /^an open connection got no byte/],
    ['partition', { direction: 'down' }, ['kf-partition-downstream'], /^an open connection got no byte/],
    ['blackhole', {}, both('blackhole'), /^an open connection got no byte/],
    ['half_open', {}, ['kf-half_open-upstream'], /^an open connection got no byte/],
    ['reset', {}, both('reset'), /^a connection through the link was reset/],
    ['reset', { share: '20%', direction: 'up' }, ['kf-reset-upstream'], /was reset/],
    [
      'toxic',
      { type: 'slicer', attributes: { average_size: 20, delay: 1_000 } },
      ['kf-toxic-downstream'],
      /pieces/,
    ],
    [
      'toxic',
      { type: 'slicer', attributes: { average_size: 64, delay: 5_000 }, direction: 'up' },
      ['kf-toxic-upstream'],
      /ms through the link/,
    ],
    ['toxic', { type: 'limit_data', attributes: { bytes: 5_000 } }, ['kf-toxic-downstream'], /was closed/],
    [
      'toxic',
      { type: 'limit_data', attributes: { bytes: 20_000 }, direction: 'up' },
      ['kf-toxic-upstream'],
      /was closed/,
    ],
    ['toxic', { type: 'slow_close', attributes: { delay: 80 } }, ['kf-toxic-downstream'], /to close/],
    ['toxic', { type: 'timeout', attributes: { timeout: 50 } }, ['kf-toxic-downstream'], /was closed/],
    ['toxic', { type: 'timeout', attributes: { timeout: 0 } }, ['kf-toxic-downstream'], /no byte/],
    ['toxic', { type: 'latency', attributes: { latency: 50 } }, ['kf-toxic-downstream'], /ms through/],
    [
      'toxic',
      { type: 'bandwidth', attributes: { rate: 8 }, direction: 'up' },
      ['kf-toxic-upstream'],
      /ms through/,
    ],
    ['toxic', { type: 'bandwidth', attributes: { rate: 0 } }, ['kf-toxic-downstream'], /no byte/],
    ['toxic', { type: 'reset_peer', attributes: { timeout: 10 } }, ['kf-toxic-downstream'], /was reset/],
  ])(
    '%s %j fires, is seen, and heals, and every step was written first',
    async (fault, params, toxics, proof) => {
      const { inject, control, links, log, events, server } = await scene()
      const injected = await inject(fault, params)
      expect(events).toEqual(toxics.flatMap((toxic) => [`undo ${toxic}`, `add ${toxic}`]))
      expect(log).toEqual(
        toxics.map((toxic) => ({
          do: 'remove-toxic',
          api: server.api,
          proxy: 'visitors->node',
          toxic,
        })),
      )
      expect(await proofOf(injected)).toMatch(proof)
      expect((await control.read('agents->node')).toxics).toEqual([])

      await injected.heal()
      await injected.heal()
      const healed = events.slice(2 * toxics.length)
      for (const toxic of toxics) {
        expect(healed.filter((event) => event.endsWith(toxic))).toEqual([`gone ${toxic}`, `done ${toxic}`])
      }
      expect(log).toEqual([])
      expect((await control.read('visitors->node')).toxics).toEqual([])
      const echo = await openEcho(links[0]?.listen ?? '')
      echo.send('as before')
      await echo.came('as before')
    },
  )

  it('down closes what is open, refuses what is new, and heals', async () => {
    const { inject, links, log, events } = await scene()
    const echo = await openEcho(links[0]?.listen ?? '')
    const injected = await inject('down')
    expect(await echo.ended).toBe('closed')
    expect(await proofOf(injected)).toMatch(/^a connection through the link was refused/)
    await injected.heal()
    await injected.heal()
    expect(events).toEqual([
      'undo visitors->node',
      'disable visitors->node',
      'enabled visitors->node',
      'done visitors->node',
    ])
    expect(log).toEqual([])
    await openEcho(links[0]?.listen ?? '')
  })

  it('reset_storm resets in waves, and those that came back again', async () => {
    const { inject, links, log, control } = await scene()
    const injected = await inject('reset_storm', { wave: '200ms' })
    expect(await proofOf(injected)).toMatch(/was reset.*, in wave \d+$/)
    let comeBack = 0
    while (comeBack < 2) {
      const echo = await openEcho(links[0]?.listen ?? '').catch(() => undefined)
      if (echo === undefined) continue
      comeBack += 1
      const speaking = setInterval(() => echo.send('x'), 5)
      await echo.ended
      clearInterval(speaking)
    }
    await injected.heal()
    await injected.heal()
    expect(log).toEqual([])
    expect((await control.read('visitors->node')).toxics).toEqual([])
    await openEcho(links[0]?.listen ?? '')
  })
})

describe('what happens to connections that are open', () => {
  it('a partition one way holds what goes that way, lets the other pass, and loses nothing', async () => {
    const { inject, links, node } = await scene()
    const echo = await openEcho(links[0]?.listen ?? '')
    const partition = await inject('partition', { direction: 'down' })
    echo.send('heard, not answered')
    while (node.received() === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await proofOf(partition)
    expect(echo.text()).not.toContain('heard')
    await partition.heal()
    await echo.came('heard, not answered')
  })

  it('a half-open link loses what was sent without a word, and only healing closes the connection', async () => {
    const { inject, links, node } = await scene()
    const echo = await openEcho(links[0]?.listen ?? '')
    const halfOpen = await inject('half_open')
    echo.send('into the void')
    await proofOf(halfOpen)
    expect([node.received(), echo.socket.readyState]).toEqual([0, 'open'])
    await halfOpen.heal()
    expect(await echo.ended).toBe('closed')
    expect(node.received()).toBe(0)
  })

  it('a held link heals at once although clients have left with more to come, and those that stayed get all', async () => {
    const { inject, links, control, node, troubles } = await scene()
    const staying = await openEcho(links[0]?.listen ?? '')
    const leaving = await Promise.all(Array.from({ length: 20 }, () => openEcho(links[0]?.listen ?? '')))
    const hold = await inject('hold', { direction: 'down' })
    const everybody = [staying, ...leaving]
    for (const word of ['one ', 'two ', 'three ', 'four ']) {
      const before = node.received()
      for (const echo of everybody) echo.send(word)
      while (node.received() < before + everybody.length * word.length) {
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    await proofOf(hold)
    for (const { socket } of leaving) socket.destroy()
    await hold.heal()
    await staying.came('one two three four ')
    expect((await control.read('visitors->node')).toxics).toEqual([])
    expect(troubles).toEqual([])
  })

  it.each([
    ['latency', { latency: '60ms' }, /^\d+ ms through the link, [\d.]+ ms before$/],
    ['bandwidth', { rate: '4KiB' }, /^\d+ ms through the link, [\d.]+ ms before$/],
    ['partition', {}, /^an open connection got no byte in \d+ ms through the link; [\d.]+ ms before$/],
  ])(
    '%s %j is seen beside how it was before, where the node can be reached through the link only',
    async (name, params, proof) => {
      const { links, control, server } = await scene()
      const behind = links.map((link) => ({ ...link, upstream: '127.0.0.1:1' }))
      const { inject } = contextOf(behind, control, server.api)
      const injected = await inject(name, params)
      expect(await proofOf(injected)).toMatch(proof)
      await injected.heal()
    },
  )

  it('a fault behind one that lets nothing through is read back, and says so', async () => {
    const { inject } = await scene()
    const partition = await inject('partition')
    const latency = await inject('latency', { latency: '50ms' })
    expect(await latency.verify()).toBe(
      'its toxics were read back; kf-partition-upstream lets nothing through, so that nothing else shows',
    )
    await partition.heal()
    expect(await proofOf(latency)).toMatch(/through the link/)
    await latency.heal()
  })
})
