import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { attachLinks, createLinks, linkNamed } from './links.ts'
import { endAllAfterEach, fakeApi, realToxiproxy, startEcho, twoLinks } from './links-in-test.ts'
import { type LinkToxic, toxiproxyApi } from './toxiproxy-api.ts'

endAllAfterEach()

const latency: LinkToxic = {
  name: 'slow',
  type: 'latency',
  stream: 'downstream',
  toxicity: 1,
  attributes: { latency: 5, jitter: 0 },
}
const ignored = { onTrouble: () => {} }

describe('links of our own', () => {
  it('are a proxy each, read back, on free loopback ports', async () => {
    const { server } = await realToxiproxy()
    const { links, node, control } = await twoLinks(server)
    expect(links).toEqual(
      ['visitors', 'agents'].map((from) => ({
        name: `${from}->node`,
        from,
        to: 'node',
        proxy: `${from}->node`,
        listen: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as unknown,
        upstream: node.address,
      })),
    )
    expect(new Set(links.map(({ listen }) => listen)).size).toBe(2)
    expect(await control.read('agents->node')).toEqual({
      listen: links[1]?.listen,
      upstream: node.address,
      enabled: true,
      toxics: [],
    })
  })

  it.each(['visitors', 'visitors->', '->node', 'a b->node', 'visitors->node/../x', 'a->b?c'])(
    '%j is no name of a link',
    async (name) => {
      const { server } = await realToxiproxy()
      await expect(createLinks(server, [{ name, upstream: '127.0.0.1:1' }], ignored)).rejects.toMatchObject({
        code: 'bad_link',
        message: `${JSON.stringify(name)} is not the name of a link`,
      })
    },
  )

  it('an unknown name is refused with the nearest', async () => {
    const { server } = await realToxiproxy()
    const { links } = await twoLinks(server)
    expect(linkNamed(links, 'agents->node')).toBe(links[1])
    expect(() => linkNamed(links, 'agent->node')).toThrow(
      expect.objectContaining({
        code: 'unknown_link',
        message: 'there is no link "agent->node": visitors->node, agents->node',
        hint: 'did you mean agents->node?',
      }),
    )
    expect(() => linkNamed(links, 'redis')).toThrow(
      expect.objectContaining({ code: 'unknown_link', hint: 'a link is written FROM->TO' }),
    )
  })

  it('what is healed is read back, also when it never was there', async () => {
    const { server } = await realToxiproxy()
    const { control, troubles } = await twoLinks(server)
    await control.addToxic('agents->node', latency)
    expect((await control.read('agents->node')).toxics).toEqual([latency])
    await control.removeToxic('agents->node', 'slow')
    await control.removeToxic('agents->node', 'slow')
    await control.disable('agents->node')
    expect((await control.read('agents->node')).enabled).toBe(false)
    await control.enable('agents->node')
    await control.enable('agents->node')
    expect(await control.read('agents->node')).toMatchObject({ enabled: true, toxics: [] })
    expect(troubles).toEqual([])
  })
})

describe('a Toxiproxy of ours that does not answer', () => {
  // A client that reads nothing of a great deal: Toxiproxy cannot interrupt the write, and every call waits for its lock.
  async function hanging() {
    const { server, troubles: deaths, pids } = await realToxiproxy()
    const { links, control, troubles, node } = await twoLinks(server, 500)
    await control.addToxic('agents->node', latency)
    const [host = '', port = ''] = (links[0]?.listen ?? '').split(':')
    const deaf = connect(Number(port), host)
    deaf.on('error', () => {})
    deaf.pause()
    deaf.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
    // More than all sockets' buffers on the way hold.
    const all = 64 * 1_048_576
    deaf.write(Buffer.alloc(all))
    while (node.received() < all) await new Promise((resolve) => setTimeout(resolve, 5))
    return { server, deaths, pids, links, control, troubles, node, deaf }
  }

  it('is an error when something is injected, and is started anew to heal: same addresses, what else is wanted still there', async () => {
    const { server, deaths, pids, links, control, troubles, deaf } = await hanging()
    await expect(control.addToxic('visitors->node', { ...latency, name: 'stuck' })).rejects.toMatchObject({
      code: 'toxiproxy_hangs',
      message: `Toxiproxy at ${server.api} did not answer POST /proxies/visitors->node/toxics (stuck) within 500 ms`,
    })
    expect(troubles).toEqual([])

    await control.removeToxic('visitors->node', 'stuck')
    expect(troubles.map(({ code }) => code)).toEqual(['toxiproxy_restarted'])
    expect(deaths).toEqual([])
    expect(pids).toHaveLength(2)
    expect(server.pid()).toBe(pids[1])
    expect(await control.read('visitors->node')).toMatchObject({ listen: links[0]?.listen, toxics: [] })
    expect(await control.read('agents->node')).toMatchObject({ listen: links[1]?.listen, toxics: [latency] })
    deaf.destroy()
  })

  it('is started anew to heal when it died', async () => {
    const { server, troubles: deaths } = await realToxiproxy()
    const { control, troubles, links } = await twoLinks(server)
    await control.addToxic('visitors->node', latency)
    await control.disable('agents->node')
    process.kill(server.pid() ?? 0, 'SIGKILL')
    while (deaths.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await expect(control.addToxic('visitors->node', { ...latency, name: 'more' })).rejects.toMatchObject({
      code: 'toxiproxy_gone',
    })
    await Promise.all([
      control.removeToxic('visitors->node', 'more'),
      control.removeToxic('visitors->node', 'slow'),
    ])
    expect(troubles.map(({ code }) => code)).toEqual(['toxiproxy_restarted'])
    expect(await control.read('visitors->node')).toMatchObject({ listen: links[0]?.listen, toxics: [] })
    expect(await control.read('agents->node')).toMatchObject({ enabled: false })
    await control.enable('agents->node')
    expect(await control.read('agents->node')).toMatchObject({ enabled: true })
  })
})

describe('links over somebody else’s Toxiproxy', () => {
  async function theirs() {
    const { server } = await realToxiproxy()
    const node = await startEcho()
    const api = toxiproxyApi(server.api)
    await api.create('frontend', '127.0.0.1:0', node.address)
    await api.create('desk', '127.0.0.1:0', node.address)
    return { api, node, server }
  }

  it('are given by name, and need nothing started', async () => {
    const { api, node } = await theirs()
    const { links, control } = await attachLinks(
      `${api.url}/`,
      { 'visitors->node': 'frontend', 'agents->node': 'desk' },
      ignored,
    )
    expect(links.map(({ name, proxy, upstream }) => [name, proxy, upstream])).toEqual([
      ['visitors->node', 'frontend', node.address],
      ['agents->node', 'desk', node.address],
    ])
    await control.addToxic('desk', latency)
    expect((await api.read('desk'))?.toxics).toEqual([latency])
    await control.removeToxic('desk', 'slow')
    expect((await api.read('desk'))?.toxics).toEqual([])
  })

  it('one that listens on all addresses is reached where the API is', async () => {
    const { api, node } = await theirs()
    const listen = await api.create('everywhere', '0.0.0.0:0', node.address)
    const { links } = await attachLinks(api.url, { 'visitors->node': 'everywhere' }, ignored)
    expect(links[0]?.listen).toBe(`127.0.0.1:${/\d+$/.exec(listen)?.[0] ?? ''}`)
  })

  it('a proxy that it does not have is refused with the nearest', async () => {
    const { api } = await theirs()
    await expect(attachLinks(api.url, { 'visitors->node': 'front' }, ignored)).rejects.toMatchObject({
      code: 'unknown_proxy',
      message: `link visitors->node: Toxiproxy at ${api.url} has no proxy "front"`,
      hint: 'it has desk, frontend',
    })
    await expect(attachLinks(api.url, { 'visitors->node': 'frontent' }, ignored)).rejects.toMatchObject({
      hint: 'did you mean frontend?',
    })
  })

  it('a proxy with toxics, or switched off, is left to whoever did that', async () => {
    const { api } = await theirs()
    await api.addToxic('frontend', latency)
    await expect(attachLinks(api.url, { 'visitors->node': 'frontend' }, ignored)).rejects.toMatchObject({
      code: 'link_in_use',
      message:
        'the proxy frontend of link visitors->node has slow on it, from an earlier run or by somebody else',
    })
    await api.setEnabled('desk', false)
    await expect(attachLinks(api.url, { 'agents->node': 'desk' }, ignored)).rejects.toMatchObject({
      message: 'the proxy desk of link agents->node is disabled, from an earlier run or by somebody else',
    })
  })

  it('another version, nobody, or something else there is an error each', async () => {
    const old = await fakeApi((_request, response) => response.end('{"version": "2.5.0"}'))
    await expect(attachLinks(old, {}, ignored)).rejects.toMatchObject({
      code: 'toxiproxy_version',
      message: `Toxiproxy at ${old} says it is 2.5.0; version 2.12.0 is needed`,
    })
    const page = await fakeApi((_request, response) => response.end('<html>'))
    const json = await fakeApi((_request, response) => response.end('{"version": 2}'))
    for (const other of [page, json]) {
      await expect(attachLinks(other, {}, ignored)).rejects.toMatchObject({
        code: 'toxiproxy_refused',
        message: `Toxiproxy at ${other}: GET /version: that is no answer of Toxiproxy`,
      })
    }
    const { server } = await theirs()
    await server.stop()
    await expect(attachLinks(server.api, {}, ignored)).rejects.toMatchObject({
      code: 'toxiproxy_gone',
      message: `nobody answers at ${server.api} (GET /version)`,
    })
  })

  it('one that hangs is an error, never started anew', async () => {
    const { api } = await theirs()
    const silent = await fakeApi(() => {})
    await expect(attachLinks(silent, {}, { ...ignored, withinMs: 50 })).rejects.toMatchObject({
      code: 'toxiproxy_hangs',
      message: `Toxiproxy at ${silent} did not answer GET /version within 50 ms`,
    })
    const { control } = await attachLinks(api.url, { 'visitors->node': 'frontend' }, ignored)
    await expect(control.addToxic('other', latency)).rejects.toMatchObject({ code: 'toxiproxy_no_proxy' })
  })
})
