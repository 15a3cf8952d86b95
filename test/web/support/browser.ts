import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { findChromium } from '../../../scripts/engines.ts'
import { removeFolder } from '../../support/node.ts'

/** One person's browser: its own profile, so its own storage and cookies. What its pages complain about is kept. */
export type Browser = {
  readonly context: BrowserContext
  readonly complaints: readonly string[]
  readonly open: (address: string) => Promise<Page>
  readonly close: () => Promise<void>
}

export type BrowserOptions = {
  readonly locale?: string
  readonly width?: number
  readonly height?: number
  readonly dark?: boolean
  readonly phone?: boolean
}

export async function openBrowser(options: BrowserOptions = {}): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined)
    throw new Error('no Chromium on PATH: npm test installs one, or set KF_SKIP_CHROMIUM')
  const profile = mkdtempSync(join(tmpdir(), 'kf-chromium-'))
  const phone = options.phone === true
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
    ],
    locale: options.locale ?? 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    colorScheme: options.dark === true ? 'dark' : 'light',
    ...(phone ? { hasTouch: true, isMobile: true, deviceScaleFactor: 2 } : {}),
  })
  context.setDefaultTimeout(90_000)
  const complaints: string[] = []
  return {
    context,
    complaints,
    open: async (address) => {
      const page = await context.newPage()
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('console', (message) => {
        // A socket or request that failed while the server was away is what these tests are about.
        if (message.type() === 'error' && !/WebSocket|Failed to load resource/.test(message.text())) {
          complaints.push(message.text())
        }
      })
      await page.goto(address)
      return page
    },
    close: async () => {
      await context.close()
      removeFolder(profile)
    },
  }
}
