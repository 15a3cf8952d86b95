import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Client, lastSummary } from '../support/client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { waitUntil } from '../support/wait.ts'
import { type Browser, type BrowserOptions, openBrowser } from './support/browser.ts'
import { bubble, hasState, newVisitor, say, thread, wireAgent } from './support/people.ts'

let node: TestNode
let agent: Client
const browsers: Browser[] = []
const asked = new Set<string>()

beforeAll(async () => {
  node = await startNode({ workers: 1 })
  agent = await wireAgent(node, 'li', '李晓雯')
})

afterEach(async () => {
  const complaints = browsers.flatMap((browser) => browser.complaints)
  for (const browser of browsers.splice(0)) await browser.close()
  expect(complaints).toEqual([])
})

afterAll(async () => {
  agent.terminate()
  await node.stop()
})

async function browser(options: BrowserOptions = {}): Promise<Browser> {
  const opened = await openBrowser(options)
  browsers.push(opened)
  return opened
}

async function visitor(options: BrowserOptions = {}): Promise<Page> {
  const person = await newVisitor(node, options)
  browsers.push(person.browser)
  return person.page
}

/** Finds the conversation that was opened with this text; what the agent answers in it, under the epoch it has now. */
async function heard(text: string): Promise<(answer: string) => Promise<unknown>> {
  let conversation: string | undefined
  await waitUntil(`the agent has the conversation that began with ${text}`, () => {
    for (const { conversation: summary } of agent.all('conversation')) {
      if (asked.has(summary.id)) continue
      asked.add(summary.id)
      agent.send({ type: 'history', conversation: summary.id, after: 0, limit: 1 })
    }
    const page = agent
      .all('page')
      .find(({ messages: [first] }) => first?.body.kind === 'text' && first.body.text === text)
    conversation = page?.conversation
    return conversation !== undefined
  })
  const id = conversation ?? ''
  return (answer) => agent.say(answer, { conversation: id, epoch: lastSummary(agent, id).epoch })
}

describe('the launcher', () => {
  test('neither it nor the panel moves anything of the page', async () => {
    const page = await (await browser()).open(node.url)
    await page.evaluate(() => {
      const moved = { shifts: 0 }
      Object.assign(window, { moved })
      new PerformanceObserver((list) => {
        moved.shifts += list.getEntries().length
      }).observe({ type: 'layout-shift', buffered: true })
    })
    const before = await page.locator('h1').boundingBox()
    await page.locator('.launcher').click()
    await page.locator('.panel').waitFor()
    expect(await page.locator('h1').boundingBox()).toEqual(before)
    expect(await page.evaluate(() => (window as unknown as { moved: { shifts: number } }).moved.shifts)).toBe(
      0,
    )
  })

  test('counts what came while the panel was closed, and the panel shows where that begins', async () => {
    const page = await visitor()
    await say(page, '请问能开发票吗')
    const answer = await heard('请问能开发票吗')
    await answer('可以的')
    await bubble(page, '可以的').waitFor()
    await page.keyboard.press('Escape')
    await answer('公司抬头发我一下')
    await answer('税号也要')
    await page.locator('.launcher .badge', { hasText: '2' }).waitFor()
    expect(await page.locator('.launcher').getAttribute('aria-label')).toBe('联系客服，2 条未读消息')
    expect(await page.title()).toMatch(/^\(2\) /)
    await page.locator('.launcher').click()
    await page.locator('.row-unread + .row-bubble', { hasText: '公司抬头发我一下' }).waitFor()
    await waitUntil('the title counts nothing', async () => !(await page.title()).startsWith('('))
  })
})

describe('the keyboard alone', () => {
  test('opens the panel, writes, sends, reads back and closes', async () => {
    const page = await (await browser()).open(node.url)
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.className ?? '')
    await page.locator('.launcher').waitFor()
    for (let i = 0; i < 20 && (await focused()) !== 'launcher'; i++) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.locator('.panel').waitFor()
    expect(await focused()).toBe('composer-field')
    await page.keyboard.type('keyboard only')
    await page.keyboard.press('Enter')
    await hasState(page, 'keyboard only', 'sent')
    expect(await focused()).toBe('composer-field')
    await page.keyboard.press('Shift+Tab')
    expect(await focused()).toBe('thread-scroll')
    expect(await page.locator('.thread-scroll').getAttribute('role')).toBe('log')
    await page.keyboard.press('Escape')
    await page.locator('.panel').waitFor({ state: 'detached' })
    expect(await focused()).toBe('launcher')
  })
})

describe('sending', () => {
  test('what is typed before the socket is up is sent when it is', async () => {
    const opened = await browser()
    const { promise: network, resolve: connectNow } = Promise.withResolvers<void>()
    await opened.context.routeWebSocket(/\/ws$/, async (socket) => {
      await network
      socket.connectToServer()
    })
    const page = await opened.open(node.url)
    await page.locator('.launcher').click()
    await say(page, '还没连上就打字')
    await hasState(page, '还没连上就打字', 'sending')
    connectNow()
    await hasState(page, '还没连上就打字', 'sent')
  })

  test('a bubble keeps its place when it settles', async () => {
    const page = await visitor()
    await say(page, '第一条')
    await hasState(page, '第一条', 'sent')
    await page.locator('[data-event=assigned]').waitFor()
    const places = await page.evaluate(async () => {
      const field = document.querySelector('textarea')
      const seen = new Map<string, Set<number>>()
      const look = (): void => {
        for (const row of document.querySelectorAll('.row-bubble')) {
          const text = row.textContent ?? ''
          if (!text.includes('第二条')) continue
          const state = row.getAttribute('data-state') ?? ''
          seen.set(state, (seen.get(state) ?? new Set()).add(row.getBoundingClientRect().top))
        }
      }
      new MutationObserver(look).observe(document.body, {
        subtree: true,
        childList: true,
        attributes: true,
        characterData: true,
      })
      if (field === null) return []
      field.value = '第二条'
      field.dispatchEvent(new Event('input', { bubbles: true }))
      await new Promise(requestAnimationFrame)
      field.form?.requestSubmit()
      while (!seen.has('sent')) await new Promise(requestAnimationFrame)
      look()
      return [...seen.entries()].map(([state, tops]) => [state, [...tops].length])
    })
    expect(places).toEqual([
      ['sending', 1],
      ['sent', 1],
    ])
    const tops = await page.evaluate(() => document.querySelectorAll('[data-state=sending]').length)
    expect(tops).toBe(0)
  })

  test('Enter of an input method does not send, and no half-typed pinyin is shown to the agent', async () => {
    const page = await visitor()
    await say(page, '在吗')
    await heard('在吗')
    const cdp = await page.context().newCDPSession(page)
    await page.locator('.composer-field').focus()
    await cdp.send('Input.imeSetComposition', { text: 'nihao', selectionStart: 5, selectionEnd: 5 })
    expect(await page.locator('.composer-field').inputValue()).toBe('nihao')
    await cdp.send('Input.dispatchKeyEvent', {
      type: 'rawKeyDown',
      key: 'Enter',
      code: 'Enter',
      windowsVirtualKeyCode: 229,
    })
    expect(await page.locator('.composer-field').inputValue()).toBe('nihao')
    await cdp.send('Input.insertText', { text: '你好' })
    await agent.next('typing', ({ preview }) => preview === '你好')
    expect(agent.all('typing').filter(({ preview }) => preview?.includes('nihao') === true)).toEqual([])
    await page.locator('.composer-field').press('Enter')
    await hasState(page, '你好', 'sent')
    expect(await thread(page)).toEqual(['在吗', '(assigned)', '你好'])
  })

  test('Shift+Enter breaks the line, and the line breaks are kept', async () => {
    const page = await visitor()
    await page.locator('.composer-field').fill('一')
    await page.locator('.composer-field').press('Shift+Enter')
    await page.keyboard.type('二')
    await page.keyboard.press('Enter')
    await hasState(page, '二', 'sent')
    expect((await thread(page))[0]).toBe('一\n二')
    expect(
      await page
        .locator('.bubble')
        .first()
        .evaluate((element) => getComputedStyle(element).whiteSpaceCollapse),
    ).toBe('preserve')
  })
})

describe('coming back', () => {
  test('a reload and a second tab show the same thread, and both tabs go on', async () => {
    const page = await visitor()
    await say(page, '标签一')
    const answer = await heard('标签一')
    await answer('收到')
    await bubble(page, '收到').waitFor()
    await page.locator('.composer-field').fill('写到一半')
    await page.reload()
    await bubble(page, '收到').waitFor()
    expect(await page.locator('.composer-field').inputValue()).toBe('写到一半')

    const second = await browsers.at(-1)?.open(node.url)
    if (second === undefined) throw new Error('no second tab')
    await second.locator('.launcher').click()
    await bubble(second, '收到').waitFor()
    await say(second, '标签二')
    await hasState(second, '标签二', 'sent')
    await bubble(page, '标签二').waitFor()
    await page.bringToFront()
    await say(page, '又是标签一')
    await bubble(second, '又是标签一').waitFor()
    await waitUntil(
      'both tabs show the same',
      async () => JSON.stringify(await thread(page)) === JSON.stringify(await thread(second)),
    )
    expect(await thread(page)).toEqual(['标签一', '(assigned)', '收到', '标签二', '又是标签一'])
  })

  test('two tabs opened at once are one visitor', async () => {
    const opened = await browser()
    const [one, two] = await Promise.all([opened.open(node.url), opened.open(node.url)])
    for (const page of [one, two]) await page.locator('.launcher').click()
    await say(one, '同一个人')
    await hasState(one, '同一个人', 'sent')
    await bubble(two, '同一个人').waitFor()
  })
})

describe('a page that slept', () => {
  test('finds its socket dead when it is looked at again, and misses nothing', async () => {
    const opened = await browser()
    let asleep = false
    let sockets = 0
    await opened.context.routeWebSocket(/\/ws$/, (socket) => {
      const dead = sockets++ === 0
      const server = socket.connectToServer()
      // The phone has killed the first connection and told nobody.
      socket.onMessage((message) => {
        if (!(dead && asleep)) server.send(message)
      })
      server.onMessage((message) => {
        if (!(dead && asleep)) socket.send(message)
      })
    })
    const page = await opened.open(node.url)
    await page.locator('.launcher').click()
    await say(page, '手机要锁屏了')
    const answer = await heard('手机要锁屏了')
    await page.locator('[data-event=assigned]').waitFor()
    asleep = true
    await answer('锁屏时的回答')
    await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
    await bubble(page, '锁屏时的回答').waitFor()
    expect(sockets).toBe(2)
  })
})

describe('the language', () => {
  test('is the browser’s, unless the address asks for another', async () => {
    const opened = await browser({ locale: 'zh-CN' })
    const page = await opened.open(node.url)
    await page.locator('.launcher[aria-label="联系客服"]').waitFor()
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-CN')
    await page.goto(`${node.url}?lang=en`)
    await page.locator('.launcher[aria-label="Chat with us"]').waitFor()
    expect(await page.title()).toBe('Mist Peak green tea · Hillside Tea')
    await page.goto(`${node.url}agent?lang=en`)
    await page.locator('h1', { hasText: 'Sign in to the desk' }).waitFor()
  })
})

describe('a long thread', () => {
  test('older history comes in above without moving what is read, and news below becomes a pill', async () => {
    const page = await visitor()
    await say(page, '长谈开始')
    const answer = await heard('长谈开始')
    for (let i = 1; i <= 130; i++) await answer(`第 ${String(i)} 句`)
    await bubble(page, '第 130 句').waitFor()
    await page.reload()
    await bubble(page, '第 130 句').waitFor()
    const log = page.locator('.panel .thread-scroll')
    const atBottom = (): Promise<number> =>
      log.evaluate((box) => Math.round(box.scrollHeight - box.clientHeight - box.scrollTop))
    await waitUntil('the log stands at its end', async () => (await atBottom()) <= 1)
    expect(await bubble(page, '第 10 句').count()).toBe(0)

    const first = await page.locator('.row-bubble').first().getAttribute('data-key')
    const anchor = page.locator(`.row-bubble[data-key="${first ?? ''}"]`)
    await log.evaluate((box) => box.scrollTo(0, 20))
    const top = (await anchor.boundingBox())?.y ?? 0
    await waitUntil(
      'older messages stand above',
      async () => (await page.locator('.row-bubble').first().getAttribute('data-key')) !== first,
    )
    expect(Math.abs(((await anchor.boundingBox())?.y ?? 0) - top)).toBeLessThanOrEqual(40)
    expect(await atBottom()).toBeGreaterThan(1_000)

    await answer('新消息一')
    await answer('新消息二')
    await page.locator('.pill', { hasText: '2 条新消息' }).click()
    await waitUntil('the log stands at its end again', async () => (await atBottom()) <= 1)
    await page.locator('.pill').waitFor({ state: 'detached' })
  })
})

describe('a phone', () => {
  test('the panel fills the screen, nothing is wider than it, and sending keeps the focus', async () => {
    const page = await visitor({ width: 375, height: 812, phone: true })
    const word = 'Donaudampfschifffahrtsgesellschaft'.repeat(4)
    await page.locator('.composer-field').fill(`${word} https://example.com/${'a'.repeat(120)}，谢谢`)
    await page.locator('.send-button').tap()
    await hasState(page, 'Donau', 'sent')
    const box = await page.locator('.panel').boundingBox()
    expect(box).toEqual({ x: 0, y: 0, width: 375, height: 812 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
    expect(await page.locator('.thread-scroll').evaluate((log) => log.scrollWidth - log.clientWidth)).toBe(0)
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('composer-field')
    expect(await page.locator('.composer-field').evaluate((field) => getComputedStyle(field).fontSize)).toBe(
      '16px',
    )
    const link = page.locator('.bubble a')
    expect(await link.textContent()).toBe(`https://example.com/${'a'.repeat(120)}`)
    expect(await link.getAttribute('rel')).toContain('noopener')
  })
})
