import { dirname } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { removeFolder, startNode, type TestNode } from '../support/node.ts'
import { waitUntil } from '../support/wait.ts'
import { type Line, startLine } from './support/line.ts'
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

const names = ['visitor', 'li', 'sam'] as const
type Name = (typeof names)[number]
type Said = { readonly by: Name | 'desk'; readonly text: string }

let node: TestNode
const lines = new Map<Name, Line>()
const people = new Map<Name, Person>()
/** What the thread must come to. Within a round two people write at once, so only each one's order is given. */
const rounds: (readonly Said[])[] = []

beforeAll(async () => {
  node = await startNode({ workers: 2 })
  people.set('li', await newAgent(await behindLine('li'), 'li', '李晓雯'))
  people.set('sam', await newAgent(await behindLine('sam'), 'sam', 'Sam Carter', { locale: 'en-GB' }))
  people.set('visitor', await newVisitor(await behindLine('visitor')))
  // One agent takes the visitor, whoever is looked at first.
  await setStatus(node, pageOf('sam'), 'sam', 'away')
  for (const name of names) await pageOf(name).evaluate(() => Object.assign(window, { markedAtFirst: true }))
})

afterAll(async () => {
  for (const { browser } of people.values()) await browser.close()
  for (const line of lines.values()) line.stop()
  await node.stop()
  removeFolder(dirname(node.data))
})

describe('a visitor and two agents, whatever is cut or killed below them', () => {
  test('they talk in Chinese and English, and one agent hands over to the other', async () => {
    await inTurn('visitor', '你好，雾峰绿茶还有 250 克装吗？')
    await pageOf('li').locator('.list-row').first().click()
    await happens('assigned', 'li')
    await inTurn('li', '有的，今天就能发货。')
    await inTurn('visitor', 'Great — and do you ship to Berlin?')
    await inTurn('li', '可以，我请英文同事接着为您服务。')
    await setStatus(node, pageOf('sam'), 'sam', 'online')
    await transfer('li', 'sam', 'Sam Carter')
    await inTurn('sam', 'Hi, Sam here. By air it takes 5–7 days.\nCustoms are <b>included</b>.')
    await allHave('visitor', 'sam')
  })

  test('the visitor’s connection drops and returns; both write on meanwhile', async () => {
    lines.get('visitor')?.cut()
    await pageOf('visitor').locator('.panel .banner').waitFor()
    await atOnce({
      visitor: ['刚才地铁里断了一下', 'Is there a tracking number?'],
      sam: ['You get it by e-mail — 中文短信也可以。'],
    })
    await hasState(pageOf('sam'), 'You get it by e-mail', 'sent')
    await hasState(pageOf('visitor'), 'Is there a tracking number?', 'sending')
    expect(await bubble(pageOf('visitor'), 'You get it by e-mail').count()).toBe(0)
    lines.get('visitor')?.mend()
    await allHave('visitor', 'sam')
  })

  test('the agent’s connection drops and returns; both write on meanwhile', async () => {
    lines.get('sam')?.cut()
    await pageOf('sam').locator('.banner').waitFor()
    await atOnce({
      sam: ['I have put two tins aside for you.', '两罐都是今年的春茶。'],
      visitor: ['好的，一共多少钱？'],
    })
    await hasState(pageOf('visitor'), '好的，一共多少钱？', 'sent')
    await hasState(pageOf('sam'), '两罐都是今年的春茶。', 'sending')
    lines.get('sam')?.mend()
    await allHave('visitor', 'sam')
  })

  test('the writer is killed; what is typed while there is none arrives', async () => {
    await withoutReplacement(async () => {
      await node.kill('writer')
      await atOnce({
        visitor: ['可以开发票吗？', 'With the name of our company, please.'],
        sam: ['€ 58 in all, shipping included.', '发票会随货寄出。'],
      })
      await hasState(pageOf('visitor'), 'With the name of our company, please.', 'sending')
      await hasState(pageOf('sam'), '发票会随货寄出。', 'sending')
    })
    await allHave('visitor', 'sam')
  })

  // After the first one everybody is on the other, so one of the two takes everybody's connection along.
  test.each([
    { which: 'a worker', visitor: ['Nordlicht Tee GmbH', '税号我发邮件给你们'], sam: ['抬头写什么？'] },
    { which: 'the other worker', visitor: ['多谢', 'One last thing'], sam: ['Noted, thank you.'] },
  ])('$which is killed; what is typed before there is another arrives', async ({ visitor, sam }) => {
    // NOTE: a worker that is still starting when the supervisor stands still would never be ready.
    await waitUntil('two workers, both ready', async () => {
      if (node.pids.workers.length < 2) return false
      return (await fetch(new URL('/readyz', node.admin))).ok
    })
    await withoutReplacement(async () => {
      await node.kill('worker', 0)
      await atOnce({ visitor, sam })
      await allHave('visitor', 'sam')
    })
  })

  test('the whole server is killed; what is typed while it is gone arrives when it is back', async () => {
    await transfer('sam', 'li', '李晓雯')
    await inTurn('li', '又是我，小雯。')
    await node.kill('supervisor')
    for (const name of names) await pageOf(name).locator('.banner').waitFor()
    await atOnce({
      visitor: ['请问能换成礼盒装吗？', 'It is a present.'],
      li: ['可以换，不加价。', 'A card as well?'],
    })
    await hasState(pageOf('visitor'), 'It is a present.', 'sending')
    await hasState(pageOf('li'), 'A card as well?', 'sending')
    node = await startNode({ data: node.data, listen: node.listen, workers: 2 })
    await allHave('visitor', 'li')
  })

  test('all three pages show the same complete thread, each message once, and none was loaded anew', async () => {
    await transfer('li', 'sam', 'Sam Carter')
    await allHave(...names)
    const shown = await thread(pageOf('visitor'))
    expect(await thread(pageOf('li'))).toEqual(shown)
    expect(await thread(pageOf('sam'))).toEqual(shown)
    let place = 0
    for (const said of rounds) {
      const part = shown.slice(place, place + said.length)
      expect(part.toSorted()).toEqual(said.map(({ text }) => text).toSorted())
      for (const name of [...names, 'desk']) {
        const texts = said.flatMap(({ by, text }) => (by === name ? [text] : []))
        expect(part.filter((text) => texts.includes(text))).toEqual(texts)
      }
      place += said.length
    }
    expect(place).toBe(shown.length)
    for (const name of names) {
      expect(
        await pageOf(name).evaluate(() => ({
          marked: 'markedAtFirst' in window,
          loads: performance.getEntriesByType('navigation').map((entry) => 'type' in entry && entry.type),
        })),
      ).toEqual({ marked: true, loads: ['navigate'] })
    }
    expect([...people.values()].flatMap(({ browser }) => browser.complaints)).toEqual([])
  })
})

/** The node as this person reaches it: over a line of its own. */
async function behindLine(name: Name): Promise<TestNode> {
  const line = await startLine(node.url)
  lines.set(name, line)
  return { ...node, url: line.url }
}

function pageOf(name: Name): Page {
  const person = people.get(name)
  if (person === undefined) throw new Error(`${name} is not here yet`)
  return person.page
}

/** Writes, and waits until the server has it: what comes next stands below it. */
async function inTurn(name: Name, text: string): Promise<void> {
  await atOnce({ [name]: [text] })
  const own = bubble(pageOf(name), text.split('\n')[0] ?? '')
  await waitUntil(`the server to have “${text}”`, async () =>
    /^(sent|read)$/.test((await own.getAttribute('data-state')) ?? ''),
  )
}

/** Each writes line after line, nobody waits for the other or for the server. */
async function atOnce(texts: Partial<Record<Name, readonly string[]>>): Promise<void> {
  const writers = names.map((by) => ({ by, own: texts[by] ?? [] }))
  rounds.push(writers.flatMap(({ by, own }) => own.map((text) => ({ by, text }))))
  await Promise.all(
    writers.map(async ({ by, own }) => {
      for (const text of own) await say(pageOf(by), text)
    }),
  )
}

/** Waits for the desk's event at the end of this person's thread. */
async function happens(event: string, name: Name): Promise<void> {
  rounds.push([{ by: 'desk', text: `(${event})` }])
  await allHave(name)
}

async function transfer(from: Name, to: Name, called: string): Promise<void> {
  await pageOf(from)
    .locator('.talk-actions button', { hasText: /转接|Transfer/ })
    .click()
  await pageOf(from).locator('.choice:enabled', { hasText: called }).click()
  await pageOf(from).locator('.talk-foot', { hasText: called }).waitFor()
  await pageOf(to).locator('.list-row').first().click()
  await happens('transferred', from)
  await allHave(to)
}

/** Waits until these pages show everything said so far and nothing of it is on its way. */
async function allHave(...who: readonly Name[]): Promise<void> {
  const expected = rounds.flat().length
  for (const name of who) {
    await waitUntil(`${name} to have all ${String(expected)} lines`, async () => {
      const shown = await thread(pageOf(name))
      if (shown.length > expected) throw new Error(`${name} is shown ${JSON.stringify(shown)}`)
      const open = await pageOf(name)
        .locator('.row-bubble:is([data-state=sending], [data-state=failed])')
        .count()
      return shown.length === expected && open === 0
    })
  }
}

/** Does it while the supervisor stands still, so that what is killed stays away until it is done. */
async function withoutReplacement(work: () => Promise<void>): Promise<void> {
  const { supervisor } = node.pids
  process.kill(supervisor, 'SIGSTOP')
  try {
    await work()
  } finally {
    process.kill(supervisor, 'SIGCONT')
  }
}
