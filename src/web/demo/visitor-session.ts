import { createSession, type Session } from '../../client/session.ts'
import { systemClock } from '../../core/clock.ts'
import { cryptoRandomBytes } from '../../core/ids.ts'
import type { PageConfig } from '../shared/config.ts'
import { attempt } from '../shared/drafts.ts'
import {
  inTurn,
  openBrowserSocket,
  outboxStorage,
  socketAddress,
  storageOf,
  tabLock,
} from '../shared/ports.ts'

/** How long a tab waits for the tab that gets the visitor's token first, before it asks for one itself. */
const turnMs = 10_000

/** The visitor's session of this tab, started. All tabs of a browser share one token, and so one visitor. */
export function startVisitorSession(config: PageConfig, locale: string): Session {
  const storage = storageOf('localStorage')
  const tokenKey = `kf.token.${config.site}`
  const outboxKey = `kf.outbox.${config.site}`
  let token = attempt(() => storage?.getItem(tokenKey)) ?? undefined
  let gotToken = (): void => undefined

  const lock = tabLock(outboxKey)
  // NOTE: plain-HTTP pages have no locks, and two tabs on one stored outbox overwrite each other: then each keeps its own.
  const kept = outboxStorage(lock === undefined ? storageOf('sessionStorage') : storage, outboxKey)
  const session = createSession({
    url: socketAddress(config.base),
    credentials: () => {
      token = attempt(() => storage?.getItem(tokenKey)) ?? token
      return { site: config.site, ...(token === undefined ? {} : { token }) }
    },
    openSocket: openBrowserSocket,
    clock: systemClock,
    random: cryptoRandomBytes,
    pageUrl: () => location.href.slice(0, 2048),
    locale: () => locale,
    onToken: (minted) => {
      token = minted
      attempt(() => storage?.setItem(tokenKey, minted))
      gotToken()
    },
    ...(kept === undefined ? {} : { storage: kept }),
    ...(lock === undefined ? {} : { lock }),
  })

  session.subscribe(() => {
    // The server knows this token no more (another data folder, another secret): begin anew, once.
    const { connection } = session.state
    if (connection.phase !== 'ended' || connection.reason !== 'login' || token === undefined) return
    token = undefined
    attempt(() => storage?.removeItem(tokenKey))
    session.start()
  })
  window.addEventListener('storage', (event) => {
    // Another tab became someone first; this one has nothing yet and joins it.
    const { you, conversations, pending } = session.state
    if (event.key !== tokenKey || event.newValue === null || event.newValue === token) return
    if (you === undefined || conversations.length > 0 || pending.length > 0) return
    session.stop()
    session.start()
  })

  if (token !== undefined) session.start()
  else {
    inTurn(tokenKey, (done) => {
      gotToken = done
      systemClock.after(turnMs, done)
      token = attempt(() => storage?.getItem(tokenKey)) ?? undefined
      if (token !== undefined) done()
      session.start()
    })
  }
  return session
}
