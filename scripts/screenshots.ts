import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { connect } from '../test/support/client.ts'
import { removeFolder, startNode, type TestNode } from '../test/support/node.ts'
import { openBrowser } from '../test/web/support/browser.ts'
import {
  bubble,
  hasState,
  logIn,
  newVisitor,
  passwordOf,
  say,
  wireAgent,
} from '../test/web/support/people.ts'

/** `node scripts/screenshots.ts`: both pages, both languages, wide and narrow, from a running node, into docs/images/. */
const folder = fileURLToPath(new URL('../docs/images/', import.meta.url))
const wide = { width: 1440, height: 900 }
const narrow = { width: 375, height: 812 }

const stories = [
  {
    language: 'zh-CN',
    file: 'zh',
    agent: '李晓雯',
    colleague: '陈默',
    ask: '你好，雾峰绿茶还有 250 克装吗？想送朋友。',
    answers: [
      '您好！有的，今天下单明天就能发出。',
      '礼盒装在这里：https://tea.example.com/gift，满 99 元包邮。',
    ],
    thanks: '太好了，可以写一张贺卡吗？',
    typing: '请问您想写',
    preview: '就写“生日快',
    note: '老客户，去年也买过礼盒，可以送两包样茶。',
    others: [
      ['订单 3920 什么时候到？', '快递显示已经三天没动了'],
      ['茶罐到货时盖子裂了'],
      ['月光白和白毫银针有什么区别？'],
      ['可以开公司发票吗？'],
      ['绿茶的保质期多久？'],
    ],
  },
  {
    language: 'en-GB',
    file: 'en',
    agent: 'Laura Lee',
    colleague: 'Sam Carter',
    ask: 'Hello! Do you still have the Mist Peak in 250 g? It is for a friend.',
    answers: [
      'Hello! We do, and it ships tomorrow if you order today.',
      'The gift box is here: https://tea.example.com/gift, delivery is free over ¥99.',
    ],
    thanks: 'Lovely. Could you add a birthday card?',
    typing: 'Of course, what',
    preview: 'Please write “happy birth',
    note: 'Bought a gift box last year too. Two sample packs are fine.',
    others: [
      ['When will order 3920 arrive?', 'Tracking has not moved for three days'],
      ['The lid of my tin arrived cracked'],
      ['How does White Moon differ from Silver Needle?'],
      ['Can I get an invoice for my company?'],
      ['How long does green tea keep?'],
    ],
  },
] as const

mkdirSync(folder, { recursive: true })
for (const story of stories) {
  const node = await startNode({ workers: 1 })
  try {
    await draw(node, story)
  } finally {
    await node.stop()
    removeFolder(node.data)
  }
}

async function draw(node: TestNode, story: (typeof stories)[number]): Promise<void> {
  const { language: locale } = story
  // The first visitors are taken at once, by one who can hold three; the others wait.
  const laura = await wireAgent(node, 'laura', story.agent, 3)
  const [late, broken, ...waiting] = story.others
  const visitor = await newVisitor(node, { locale, ...wide })
  await say(visitor.page, story.ask)
  await hasState(visitor.page, story.ask, 'sent')
  for (const texts of [late, broken, ...waiting]) {
    const client = await connect(node.wsUrl, { site: node.site.key, page_url: `${node.url}orders`, locale })
    for (const text of texts) await client.say(text)
  }
  const desk = await openBrowser({ locale, ...wide })
  const page = await desk.open(`${node.url}agent`)
  await page.locator('.card').waitFor()
  await shoot(page, `login-${story.file}-1440`)
  await logIn(page, 'laura', passwordOf('laura'))
  await page.locator('.list-row', { hasText: story.ask.slice(0, 12) }).click()
  await bubble(page, story.ask).waitFor()
  laura.close()
  const colleague = await wireAgent(node, 'colleague', story.colleague, 1)
  const id = await page.locator('.list-row[aria-current=true]').getAttribute('data-id')
  await colleague.say(story.note, { conversation: id ?? '', stream: 'internal' })
  await page.locator('.notes .row-bubble').waitFor()
  for (const answer of story.answers) await say(page, answer)
  await hasState(page, story.answers[1], 'read')
  await say(visitor.page, story.thanks)
  await bubble(page, story.thanks).waitFor()

  await page.locator('.talk .composer-field').fill(story.typing)
  await visitor.page.locator('.typing').waitFor()
  for (const size of [wide, narrow]) {
    await visitor.page.setViewportSize(size)
    await shoot(visitor.page, `demo-${story.file}-${String(size.width)}`)
  }
  await visitor.page.setViewportSize(wide)
  await visitor.page.locator('.composer-field').fill(story.preview)
  await page.locator('.preview-text', { hasText: story.preview }).waitFor()
  await shoot(page, `agent-${story.file}-1440`)
  await page.emulateMedia({ colorScheme: 'dark' })
  await shoot(page, `agent-${story.file}-1440-dark`)
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(narrow)
  await shoot(page, `agent-${story.file}-375`)
  await page.locator('.icon-button.only-narrow').click()
  await shoot(page, `agent-list-${story.file}-375`)
  await visitor.page.emulateMedia({ colorScheme: 'dark' })
  await shoot(visitor.page, `demo-${story.file}-1440-dark`)
  await visitor.browser.close()
  await desk.close()
  colleague.close()
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready)
  await page.mouse.move(0, 0)
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', caret: 'initial' })
  console.log(`docs/images/${name}.png`)
}
