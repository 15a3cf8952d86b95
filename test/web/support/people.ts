import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { type Client, connect } from '../../support/client.ts'
import type { TestNode } from '../../support/node.ts'
import { waitUntil } from '../../support/wait.ts'
import { type Browser, type BrowserOptions, openBrowser } from './browser.ts'

const launcher = fileURLToPath(new URL('../../../bin/kf', import.meta.url))

/** `kf agent add` on the running node; the one-time password. */
export async function addAgent(node: TestNode, login: string, name: string, capacity = 50): Promise<string> {
  const args = [
    launcher,
    'agent',
    'add',
    login,
    '--name',
    name,
    '--capacity',
    String(capacity),
    '--data',
    node.data,
    '--json',
  ]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const { password } = JSON.parse(stdout) as { readonly password: string }
  return password
}

/** The agent says so on its page, and the desk has heard it: a page shows its own word before that. */
export async function setStatus(
  node: TestNode,
  page: Page,
  login: string,
  status: 'online' | 'away',
): Promise<void> {
  const label = `.top-status label[data-status=${status}]`
  await page.locator(label).click()
  await page.locator(`${label}[data-chosen=true]`).waitFor()
  await waitUntil(
    `${login} to be ${status} for the desk`,
    async () => (await statusOf(node, login)) === status,
  )
}

async function statusOf(node: TestNode, login: string): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    launcher,
    ...['agent', 'list', '--data', node.data, '--json'],
  ])
  const agents = JSON.parse(stdout) as readonly { readonly login: string; readonly status: string }[]
  return agents.find((agent) => agent.login === login)?.status
}

export type Person = { readonly browser: Browser; readonly page: Page }

export async function newVisitor(node: TestNode, options: BrowserOptions = {}): Promise<Person> {
  const browser = await openBrowser(options)
  const page = await browser.open(node.url)
  await page.locator('.launcher').click()
  return { browser, page }
}

/** Logs in with the one-time password, replaces it, and waits for the desk. */
export async function newAgent(
  node: TestNode,
  login: string,
  name: string,
  options: BrowserOptions = {},
): Promise<Person> {
  const password = await addAgent(node, login, name)
  const browser = await openBrowser(options)
  const page = await browser.open(`${node.url}agent`)
  await logIn(page, login, password)
  await page.locator('[name=next]').fill(passwordOf(login))
  await page.locator('[name=again]').fill(passwordOf(login))
  await page.keyboard.press('Enter')
  await atDesk(page)
  return { browser, page }
}

export function passwordOf(login: string): string {
  return `${login}-keeps-a-secret`
}

export async function logIn(page: Page, login: string, password: string): Promise<void> {
  await page.locator('[name=login]').fill(login)
  await page.locator('[name=password]').fill(password)
  await page.keyboard.press('Enter')
}

export async function atDesk(page: Page): Promise<void> {
  await page.locator('.desk[data-phase=ready]').waitFor()
}

/** Types into the thread's field as an input method would leave it, and presses Enter. */
export async function say(page: Page, text: string): Promise<void> {
  const field = page.locator('.panel .composer-field, .talk .composer-field')
  await field.fill(text)
  await field.press('Enter')
}

/** The bubble with this text, whatever its state. */
export function bubble(page: Page, text: string) {
  return page.locator('.row-bubble').filter({ hasText: text })
}

/** Waits until the bubble with this text has come to the state. */
export async function hasState(page: Page, text: string, state: string): Promise<void> {
  await page.locator(`.row-bubble[data-state=${state}]`).filter({ hasText: text }).waitFor()
}

/** What the thread says, top to bottom: texts of bubbles, and events by their name. */
export function thread(page: Page): Promise<readonly string[]> {
  return page.locator('.panel .thread-rows > *, .talk .thread-rows > *').evaluateAll((rows) =>
    rows.flatMap((row) => {
      const event = row.getAttribute('data-event')
      if (event !== null) return [`(${event})`]
      const bubble = row.querySelector('.bubble')
      if (bubble === null) return []
      return [
        [...bubble.childNodes]
          .filter((node) => !(node instanceof Element && node.className === 'unseen'))
          .map((node) => node.textContent)
          .join(''),
      ]
    }),
  )
}

/** An agent without a browser: logged in over REST, connected over the wire. */
export async function wireAgent(
  node: TestNode,
  login: string,
  name: string,
  capacity?: number,
): Promise<Client> {
  const password = await addAgent(node, login, name, capacity)
  const first = await post(node, 'api/v1/login', { login, password })
  const next = { current: password, next: passwordOf(login) }
  const { token } = await post(node, 'api/v1/password', next, first.token)
  return connect(node.wsUrl, { token })
}

async function post(
  node: TestNode,
  path: string,
  body: unknown,
  token?: string,
): Promise<{ readonly token: string }> {
  const response = await fetch(new URL(path, node.url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path}: ${String(response.status)} ${await response.text()}`)
  return (await response.json()) as { readonly token: string }
}
