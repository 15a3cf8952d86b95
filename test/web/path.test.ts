import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startNode, type TestNode } from '../support/node.ts'
import { bubble, hasState, newAgent, newVisitor, type Person, say } from './support/people.ts'

let node: TestNode
const everyone: Person[] = []

beforeAll(async () => {
  const listen = `127.0.0.1:${String(await freePort())}`
  node = await startNode({ workers: 1, listen, flags: ['--public-url', `http://${listen}/help/`] })
})

afterAll(async () => {
  for (const { browser } of everyone) await browser.close()
  await node.stop()
})

test('under a public address with a path, both pages work and ask for nothing outside of it', async () => {
  expect(new URL(node.url).pathname).toBe('/help/')
  const asked: string[] = []
  const agent = await newAgent(node, 'li', '李晓雯')
  const visitor = await newVisitor(node)
  everyone.push(agent, visitor)
  for (const { page } of everyone) {
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    page.on('websocket', (socket) => asked.push(new URL(socket.url()).pathname))
    await page.reload()
  }
  await say(visitor.page, '路径下也能聊')
  await hasState(visitor.page, '路径下也能聊', 'sent')
  await agent.page.locator('.list-row').first().click()
  await bubble(agent.page, '路径下也能聊').waitFor()
  expect(asked).toContain('/help/ws')
  expect(asked.filter((path) => !path.startsWith('/help/'))).toEqual([])
  expect(everyone.flatMap(({ browser }) => browser.complaints)).toEqual([])
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
