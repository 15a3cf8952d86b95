import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, type TestNode } from '../support/node.ts'
import { waitUntil } from '../support/wait.ts'
import { bubble, hasState, newAgent, newVisitor, type Person, say, thread } from './support/people.ts'

let node: TestNode
let agent: Person
let visitor: Person
let loads = 0

beforeAll(async () => {
  node = await startNode({ workers: 2 })
  agent = await newAgent(node, 'li', '李晓雯')
  visitor = await newVisitor(node)
  await say(visitor.page, 'Hello, 有人吗？')
  await agent.page.locator('.list-row').first().click()
  await bubble(agent.page, 'Hello, 有人吗？').waitFor()
  for (const { page } of [agent, visitor]) page.on('load', () => loads++)
})

afterAll(async () => {
  for (const { browser } of [agent, visitor]) await browser.close()
  await node.stop()
})

/** Both send in the same moment, while what the name says is dead or dying. */
async function talkThrough(name: string): Promise<void> {
  await Promise.all([say(visitor.page, `${name}：访客一`), say(agent.page, `${name}: agent one`)])
  await say(visitor.page, `${name}：访客二`)
}

async function allSettled(): Promise<void> {
  await waitUntil('nothing is on its way any more', async () => {
    const left = await Promise.all(
      [visitor, agent].map(({ page }) =>
        page.locator('.row-bubble[data-state=sending], .row-bubble[data-state=failed]').count(),
      ),
    )
    return left.every((count) => count === 0)
  })
  await waitUntil('both pages show the same thread', async () => {
    const [seen, answered] = await Promise.all([thread(visitor.page), thread(agent.page)])
    return JSON.stringify(seen) === JSON.stringify(answered)
  })
}

describe('pages outlive what they talk to, without a reload', () => {
  test('the writer is killed in the middle', async () => {
    const killed = node.kill('writer')
    await talkThrough('writer')
    await killed
    await allSettled()
    expect((await thread(agent.page)).filter((text) => text.startsWith('writer'))).toHaveLength(3)
  })

  test.each([0, 1])('worker %i is killed in the middle', async (worker) => {
    const killed = node.kill('worker', worker)
    await talkThrough(`worker ${String(worker)}`)
    await killed
    await allSettled()
    expect(
      (await thread(agent.page)).filter((text) => text.startsWith(`worker ${String(worker)}`)),
    ).toHaveLength(3)
  })

  test('the whole server is killed; messages typed meanwhile arrive when it is back', async () => {
    const listen = new URL(node.url).host
    await node.kill('supervisor')
    await visitor.page.locator('.panel .banner').waitFor()
    await talkThrough('server')
    await hasState(visitor.page, 'server：访客二', 'sending')
    node = await startNode({ data: node.data, listen, workers: 2 })
    for (const { page } of [visitor, agent]) {
      const again = page.locator('.banner .link-button')
      if (await again.isVisible()) await again.click({ timeout: 1_000 }).catch(() => undefined)
    }
    await allSettled()
    expect((await thread(agent.page)).filter((text) => text.startsWith('server'))).toHaveLength(3)
    await visitor.page.locator('.panel .banner').waitFor({ state: 'detached' })
  })

  test('each message stands once, each side’s in the order it was sent, and no page was loaded anew', async () => {
    const texts = (await thread(visitor.page)).filter((text) => !text.startsWith('('))
    expect(new Set(texts).size).toBe(texts.length)
    expect(texts).toHaveLength(13)
    for (const name of ['writer', 'worker 0', 'worker 1', 'server']) {
      const first = texts.indexOf(`${name}：访客一`)
      expect(texts.indexOf(`${name}：访客二`)).toBeGreaterThan(first)
      expect(texts).toContain(`${name}: agent one`)
    }
    expect(loads).toBe(0)
    expect([...visitor.browser.complaints, ...agent.browser.complaints]).toEqual([])
  })
})
