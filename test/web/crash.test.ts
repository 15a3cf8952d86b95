import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, type TestNode } from '../support/node.ts'
import { waitUntil } from '../support/wait.ts'
import { bubble, hasState, newAgent, newVisitor, type Person, say, thread } from './support/people.ts'

let node: TestNode
let li: Person
let sam: Person
let visitor: Person
let loads = 0

beforeAll(async () => {
  node = await startNode({ workers: 2 })
  li = await newAgent(node, 'li', '李晓雯')
  visitor = await newVisitor(node)
  await say(visitor.page, 'Hello, 有人吗？')
  await li.page.locator('.list-row').first().click()
  await bubble(li.page, 'Hello, 有人吗？').waitFor()
  sam = await newAgent(node, 'sam', 'Sam Carter', { locale: 'en-GB' })
  for (const { page } of [li, sam, visitor]) page.on('load', () => loads++)
})

afterAll(async () => {
  for (const { browser } of [li, sam, visitor]) await browser.close()
  await node.stop()
})

/** One message leaves in the very moment of the kill, the others find what was killed gone. */
async function talkThrough(name: string, agent: Person, kill: () => Promise<void>): Promise<void> {
  await say(visitor.page, `${name}：访客一`)
  const killed = kill()
  await say(agent.page, `${name}: agent one`)
  await say(visitor.page, `${name}：访客二`)
  await killed
}

async function allSettled(...people: readonly Person[]): Promise<void> {
  await waitUntil('nothing is on its way any more', async () => {
    const left = await Promise.all(
      people.map(({ page }) =>
        page.locator('.row-bubble[data-state=sending], .row-bubble[data-state=failed]').count(),
      ),
    )
    return left.every((count) => count === 0)
  })
  await waitUntil('all pages show the same thread', async () => {
    const threads = await Promise.all(people.map(({ page }) => thread(page)))
    return new Set(threads.map((texts) => JSON.stringify(texts))).size === 1
  })
}

async function transfer(from: Person, to: Person, name: string): Promise<void> {
  await from.page.locator('.talk-actions button').first().click()
  await from.page.locator('.choice:enabled', { hasText: name }).click()
  await to.page.locator('.list-row').first().click()
  await to.page.locator('.talk .composer-field').waitFor()
}

async function linesOf(name: string): Promise<number> {
  return (await thread(visitor.page)).filter((text) => text.startsWith(name)).length
}

describe('a visitor and two agents outlive what they talk to, without a reload', () => {
  test('the writer is killed in the middle', async () => {
    await talkThrough('writer', li, () => node.kill('writer'))
    await allSettled(visitor, li)
    expect(await linesOf('writer')).toBe(3)
  })

  test.each([0, 1])('worker %i is killed in the middle', async (worker) => {
    await talkThrough(`worker ${String(worker)}`, li, () => node.kill('worker', worker))
    await allSettled(visitor, li)
    expect(await linesOf(`worker ${String(worker)}`)).toBe(3)
  })

  test('the whole server is killed under the second agent; what was typed meanwhile arrives when it is back', async () => {
    await transfer(li, sam, 'Sam Carter')
    const listen = new URL(node.url).host
    await talkThrough('server', sam, () => node.kill('supervisor'))
    await visitor.page.locator('.panel .banner').waitFor()
    await hasState(visitor.page, 'server：访客二', 'sending')
    node = await startNode({ data: node.data, listen, workers: 2 })
    await allSettled(visitor, sam)
    expect(await linesOf('server')).toBe(3)
    await visitor.page.locator('.panel .banner').waitFor({ state: 'detached' })
  })

  test('the first agent gets the conversation back, and all three pages show the same, each message once and in order', async () => {
    await li.page.locator('.desk[data-phase=ready]').waitFor()
    await transfer(sam, li, '李晓雯')
    await allSettled(visitor, li, sam)
    const texts = (await thread(visitor.page)).filter((text) => !text.startsWith('('))
    expect(new Set(texts).size).toBe(texts.length)
    expect(texts).toHaveLength(13)
    for (const name of ['writer', 'worker 0', 'worker 1', 'server']) {
      expect(texts).toContain(`${name}: agent one`)
      expect(texts.indexOf(`${name}：访客二`)).toBeGreaterThan(texts.indexOf(`${name}：访客一`))
    }
    expect(loads).toBe(0)
    expect([visitor, li, sam].flatMap(({ browser }) => browser.complaints)).toEqual([])
  })
})
