import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, type TestNode } from '../support/node.ts'
import { waitUntil } from '../support/wait.ts'
import {
  bubble,
  hasState,
  newAgent,
  newVisitor,
  type Person,
  say,
  setStatus,
  thread,
} from './support/people.ts'

let node: TestNode
let li: Person
let sam: Person
let visitor: Person
const everyone: Person[] = []

beforeAll(async () => {
  node = await startNode()
  li = await newAgent(node, 'li', '李晓雯')
  sam = await newAgent(node, 'sam', 'Sam Carter', { locale: 'en-GB' })
  visitor = await newVisitor(node)
  everyone.push(li, sam, visitor)
  // One agent takes the first visitor, whoever is looked at first.
  await setStatus(node, sam.page, 'sam', 'away')
})

afterAll(async () => {
  for (const { browser } of everyone) await browser.close()
  await node.stop()
})

describe('a visitor and two agents in their browsers', () => {
  test('what the visitor types shows as a preview, and the message arrives, is answered and read', async () => {
    await visitor.page.locator('.composer-field').fill('你好，雾峰绿茶还有 250 克装吗？')
    await visitor.page.locator('.composer-field').press('Enter')
    await hasState(visitor.page, '你好，雾峰绿茶', 'sent')
    await li.page.locator('.list-row').first().click()
    await bubble(li.page, '你好，雾峰绿茶').waitFor()
    await hasState(visitor.page, '你好，雾峰绿茶', 'read')
    await visitor.page.locator('.panel-who', { hasText: '李晓雯 为您服务' }).waitFor()

    await visitor.page.locator('.composer-field').fill('我想送朋')
    await li.page.locator('.preview-text', { hasText: '我想送朋' }).waitFor()
    await say(li.page, '有的，今天就能发货。')
    await hasState(li.page, '有的，今天就能发货。', 'read')
    expect(await thread(visitor.page)).toEqual([
      '你好，雾峰绿茶还有 250 克装吗？',
      '(assigned)',
      '有的，今天就能发货。',
    ])
  })

  test('notes stand apart: the other agent will read them, the visitor never gets them', async () => {
    const field = li.page.locator('.notes .composer-field')
    await field.fill('老客户，可以送样茶')
    await field.press('Enter')
    await li.page.locator('.notes .row-bubble[data-state=sent]', { hasText: '老客户' }).waitFor()
    expect(await thread(li.page)).toHaveLength(3)
  })

  test('a message is taken back on both sides', async () => {
    await say(li.page, '发错了')
    await bubble(visitor.page, '发错了').waitFor()
    await bubble(li.page, '发错了').hover()
    await bubble(li.page, '发错了').locator('.bubble-retract').click()
    await visitor.page.locator('[data-event=retracted]').waitFor()
    await li.page.locator('[data-event=retracted]').waitFor()
    expect(await bubble(visitor.page, '发错了').count()).toBe(0)
  })

  test('the conversation is transferred, with its notes, and goes on in English', async () => {
    await setStatus(node, sam.page, 'sam', 'online')
    await li.page.locator('.talk-actions button', { hasText: '转接' }).click()
    await li.page.locator('.choice:enabled', { hasText: 'Sam Carter' }).click()
    await li.page.locator('.talk-foot', { hasText: '现在由 Sam Carter 接待' }).waitFor()
    await sam.page.locator('.list-row').first().click()
    await sam.page.locator('.notes .row-bubble', { hasText: '老客户' }).waitFor()
    await say(sam.page, 'Hello, I am taking over. Line one.\nLine two: <b>not bold</b>')
    await bubble(visitor.page, 'I am taking over').waitFor()
    await visitor.page.locator('[data-event=transferred]').waitFor()
    expect(await visitor.page.locator('.bubble b').count()).toBe(0)
    expect((await thread(visitor.page)).at(-1)).toBe(
      'Hello, I am taking over. Line one.\nLine two: <b>not bold</b>',
    )
  })

  test('after it was closed, the next message opens a new conversation, below the old one', async () => {
    await sam.page.locator('.talk-actions button', { hasText: 'Close' }).click()
    await sam.page.locator('.dialog .primary').click()
    await visitor.page.locator('[data-event=closed]').waitFor()
    await say(visitor.page, '还有一个问题')
    await hasState(visitor.page, '还有一个问题', 'sent')
    await waitUntil('an agent has the new conversation', async () => {
      const rows = await Promise.all(
        [li, sam].map(({ page }) => page.locator('.list-row', { hasText: '还有一个问题' }).count()),
      )
      return rows.some((count) => count > 0)
    })
    const shown = await thread(visitor.page)
    expect(shown.slice(shown.indexOf('(closed)'))).toEqual(['(closed)', '还有一个问题', '(assigned)'])
  })

  test('no page broke its own content security policy or threw', () => {
    expect(everyone.flatMap(({ browser }) => browser.complaints)).toEqual([])
  })
})
