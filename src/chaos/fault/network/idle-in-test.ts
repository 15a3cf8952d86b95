import { linkControl } from '../../topology/links-control.ts'
import { fakeApi, plainProxy, startEcho } from '../../topology/links-in-test.ts'
import { type LinkToxic, toxiproxyApi } from '../../topology/toxiproxy-api.ts'
import { contextOf } from './fault-in-test.ts'

/**
 * A Toxiproxy that says yes to everything and does nothing: its proxy passes every byte. With `keeps` it also says that the toxics are
 * there; without, reading back shows none. With `swallows` nothing passes, toxics or not.
 */
export async function idleScene({
  keeps,
  swallows = false,
}: {
  readonly keeps: boolean
  readonly swallows?: boolean
}) {
  const node = await startEcho()
  const listen = await plainProxy(node.address, swallows)
  const toxics = new Map<string, LinkToxic>()
  let enabled = true
  const url = await fakeApi((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      const toxic = /\/toxics\/(.+)$/.exec(request.url ?? '')?.[1]
      const state = { name: 'link', listen, upstream: node.address, enabled, toxics: [...toxics.values()] }
      if (request.method === 'GET' && toxic !== undefined && !toxics.has(toxic)) {
        response.writeHead(404).end()
      } else if (request.method === 'GET') {
        response.end(JSON.stringify(toxic === undefined ? state : toxics.get(toxic)))
      } else if (request.method === 'DELETE') {
        toxics.delete(toxic ?? '')
        response.writeHead(204).end()
      } else if (toxic !== undefined) {
        response.end(body)
      } else if (request.url?.endsWith('/toxics') === true) {
        const added = JSON.parse(body) as LinkToxic
        if (keeps) toxics.set(added.name, added)
        response.end(body)
      } else {
        const asked = JSON.parse(body) as { readonly enabled: boolean }
        if (keeps) enabled = asked.enabled
        response.end(JSON.stringify({ ...state, enabled }))
      }
    })
  })
  const link = {
    name: 'visitors->node',
    from: 'visitors',
    to: 'node',
    proxy: 'link',
    listen,
    upstream: node.address,
  }
  const control = linkControl({ api: toxiproxyApi(url), proxies: [link], onTrouble: () => {} })
  return { control, node, ...contextOf([link], control, url) }
}
