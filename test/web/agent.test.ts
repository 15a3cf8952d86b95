import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Client, connect } from '../support/client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { waitUntil } from '../support/wait.ts'
import { type Browser, openBrowser } from './support/browser.ts'
import {
  addAgent,
  atDesk,
  bubble,
  hasState,
  logIn,
  newAgent,
  passwordOf,
  say,
  setStatus,
  thread,
  wireAgent,
} from './support/people.ts'

let node: TestNode
const browsers: Browser[] = []
const clients: Client[] = []

beforeAll(async () => {
  node = await startNode({ workers: 1 })
})

afterEach(async () => {
  const complaints = browsers.flatMap((browser) => browser.complaints)
  for (const browser of browsers.splice(0)) await browser.close()
  for (const client of clients.splice(0)) client.terminate()
  expect(complaints).toEqual([])
})

afterAll(async () => {
  await node.stop()
})

/** An agent alone on duty: those of earlier tests are gone, and so are their conversations. */
async function agent(login: string): Promise<Page> {
  const person = await newAgent(node, login, `Agent ${login}`, { locale: 'en-GB' })
  browsers.push(person.browser)
  return person.page
}

async function visitor(text: string): Promise<Client> {
  const client = await connect(node.wsUrl, {
    site: node.site.key,
    locale: 'zh-CN',
    page_url: 'https://tea.example/cart',
  })
  clients.push(client)
  await client.say(text)
  return client
}

const row = (page: Page, text: string) => page.locator('.list-row', { hasText: text })
describe('logging in', () => {
  test('a wrong password is told; a one-time one must be replaced; the session outlives a reload and ends with the logout', async () => {
    const oneTime = await addAgent(node, 'ann', 'Ann')
    const browser = await openBrowser({ locale: 'en-GB' })
    browsers.push(browser)
    const page = await browser.open(`${node.url}agent`)
    await logIn(page, 'ann', 'not this one')
    await page.locator('[role=alert]', { hasText: 'Login or password is wrong.' }).waitFor()
    await logIn(page, 'ann', oneTime)
    await page.locator('[name=next]').fill('too short')
    await page.locator('[name=again]').fill('too short')
    await page.keyboard.press('Enter')
    await page.locator('[role=alert]', { hasText: 'at least 10 characters' }).waitFor()
    await page.locator('[name=next]').fill(passwordOf('ann'))
    await page.locator('[name=again]').fill(passwordOf('anne'))
    await page.keyboard.press('Enter')
    await page.locator('[role=alert]', { hasText: 'The two passwords differ.' }).waitFor()
    await page.locator('[name=again]').fill(passwordOf('ann'))
    await page.keyboard.press('Enter')
    await atDesk(page)

    await page.reload()
    await atDesk(page)
    const second = await browser.open(`${node.url}agent`)
    await atDesk(second)
    await page.locator('.top button', { hasText: 'Log out' }).click()
    await page.locator('.card').waitFor()
    await second.locator('.card', { hasText: 'Your session has ended' }).waitFor({ timeout: 60_000 })
    await page.reload()
    await page.locator('.card').waitFor()
  })
})

describe('the list', () => {
  test('who waited longest is on top, and what they ask is shown before they are accepted', async () => {
    const page = await agent('bea')
    await setStatus(node, page, 'bea', 'away')
    await visitor('first in line')
    await visitor('second in line')
    await row(page, 'second in line').waitFor()
    await waitUntil('the queue stands in order', async () => {
      const texts = await page.locator('.list-last').allTextContents()
      return texts.join() === 'first in line,second in line'
    })
    expect(await page.title()).toBe('(2) Agent desk')
    await row(page, 'second in line').click()
    await bubble(page, 'second in line').waitFor()
    await page.locator('.talk-foot', { hasText: 'Accept it to answer' }).waitFor()
    await page.keyboard.press('Alt+a')
    await page.locator('[data-event=assigned]').waitFor()
    await bubble(page, 'first in line').waitFor()
    await say(page, 'Hello, first')
    await hasState(page, 'Hello, first', 'sent')
    await page.keyboard.press('Alt+ArrowDown')
    await page.locator('.talk-foot button', { hasText: 'Accept' }).click()
    await page.locator('.talk .composer-field').waitFor()
    await page.locator('.talk-actions button', { hasText: 'Release' }).click()
    await page.locator('.dialog .primary').click()
    await page.locator('.talk [data-event=released]').waitFor()
    expect(await thread(page)).toEqual(['second in line', '(assigned)', '(released)'])
  })
})

describe('answering', () => {
  test('drafts stay with their conversation, and an answer goes to the one it was written for', async () => {
    const page = await agent('cleo')
    const one = await visitor('draft one')
    const two = await visitor('draft two')
    await row(page, 'draft one').click()
    await bubble(page, 'draft one').waitFor()
    await page.locator('.talk .composer-field').fill('for one')
    await row(page, 'draft two').click()
    await bubble(page, 'draft two').waitFor()
    expect(await page.locator('.talk .composer-field').inputValue()).toBe('')
    await say(page, 'for two')
    await hasState(page, 'for two', 'sent')
    await row(page, 'draft one').click()
    await bubble(page, 'draft one').waitFor()
    expect(await page.locator('.talk .composer-field').inputValue()).toBe('for one')
    await page.locator('.talk .composer-field').press('Enter')
    await hasState(page, 'for one', 'sent')
    await one.next('message', ({ body }) => body.kind === 'text' && body.text === 'for one')
    await two.next('message', ({ body }) => body.kind === 'text' && body.text === 'for two')
    expect(one.all('message').filter(({ body }) => body.kind === 'text' && body.text === 'for two')).toEqual(
      [],
    )
  })

  test('an answer under an old epoch is refused, said so, and nothing is lost', async () => {
    const page = await agent('dora')
    const colleague = await wireAgent(node, 'dan', 'Dan')
    clients.push(colleague)
    colleague.send({ type: 'status', status: 'away' })
    await colleague.next('status')
    const client = await visitor('whose am I')
    await row(page, 'whose am I').click()
    await bubble(page, 'whose am I').waitFor()
    // A second desk of the same agent hears nothing of the transfer: it acts on what it last heard, as on a slow line.
    const other = await openBrowser({ locale: 'en-GB' })
    browsers.push(other)
    await other.context.routeWebSocket(/\/ws$/, (socket) => {
      const server = socket.connectToServer()
      server.onMessage((message) => {
        const text = String(message)
        if (!text.includes('"transferred"') && !text.includes('"type":"conversation"')) socket.send(text)
      })
    })
    const deaf = await other.open(`${node.url}agent`)
    await logIn(deaf, 'dora', passwordOf('dora'))
    await atDesk(deaf)
    await row(deaf, 'whose am I').click()
    await bubble(deaf, 'whose am I').waitFor()
    colleague.send({ type: 'status', status: 'online' })
    await waitUntil('Dan is back', () => colleague.all('status').at(-1)?.status === 'online')
    await page.locator('.talk-actions button', { hasText: 'Transfer' }).click()
    await page.locator('.choice:enabled', { hasText: 'Dan' }).click()
    await page.locator('.talk-foot', { hasText: 'Dan has this conversation now.' }).waitFor()
    await say(deaf, 'too late')
    await hasState(deaf, 'too late', 'failed')
    await deaf.locator('.bubble-reason', { hasText: 'The conversation has changed hands since.' }).waitFor()
    expect(
      client.all('message').filter(({ body }) => body.kind === 'text' && body.text === 'too late'),
    ).toEqual([])
    await deaf.locator('.bubble-state button', { hasText: 'Remove' }).click()
    await bubble(deaf, 'too late').waitFor({ state: 'detached' })
  })

  test('an input method’s Enter picks a candidate, it does not answer', async () => {
    const page = await agent('eva')
    await visitor('输入法')
    await row(page, '输入法').click()
    await bubble(page, '输入法').waitFor()
    const cdp = await page.context().newCDPSession(page)
    await page.locator('.talk .composer-field').focus()
    await cdp.send('Input.imeSetComposition', { text: "ni'hao", selectionStart: 6, selectionEnd: 6 })
    await cdp.send('Input.dispatchKeyEvent', {
      type: 'rawKeyDown',
      key: 'Enter',
      code: 'Enter',
      windowsVirtualKeyCode: 13,
    })
    await cdp.send('Input.insertText', { text: '你好' })
    expect(await page.locator('.talk .composer-field').inputValue()).toBe('你好')
    await page.locator('.talk .composer-field').press('Enter')
    await hasState(page, '你好', 'sent')
    expect(await thread(page)).toEqual(['输入法', '(assigned)', '你好'])
  })
})
