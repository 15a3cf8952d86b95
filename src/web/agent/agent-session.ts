import { createSession, type Session } from '../../client/session.ts'
import { systemClock } from '../../core/clock.ts'
import { cryptoRandomBytes } from '../../core/ids.ts'
import type { PageConfig } from '../shared/config.ts'
import { attempt } from '../shared/drafts.ts'
import { openBrowserSocket, outboxStorage, socketAddress, storageOf } from '../shared/ports.ts'

const tokenKey = 'kf.agent.token'
const loginKey = 'kf.agent.login'

/** This tab's session token. Another tab of the same browser comes in by the cookie. */
export const keptToken = {
  read: (): string | undefined => attempt(() => storageOf('sessionStorage')?.getItem(tokenKey)) ?? undefined,
  write: (token: string): void => {
    attempt(() => storageOf('sessionStorage')?.setItem(tokenKey, token))
  },
  forget: (): void => {
    attempt(() => storageOf('sessionStorage')?.removeItem(tokenKey))
  },
}

/** An agent's session, not started. Its outbox belongs to this tab, and to this token: it survives a reload, not a logout. */
export function createAgentSession(config: PageConfig): Session {
  const kept = outboxStorage(storageOf('sessionStorage'), 'kf.agent.outbox')
  return createSession({
    url: socketAddress(config.base),
    credentials: () => {
      const token = keptToken.read()
      return token === undefined ? {} : { token }
    },
    openSocket: openBrowserSocket,
    clock: systemClock,
    random: cryptoRandomBytes,
    ...(kept === undefined ? {} : { storage: kept }),
  })
}

/** Keeps a fresh token. What another agent left in this tab, unsent messages above all, goes first. */
export function enterAs(login: string, token: string): void {
  const storage = storageOf('sessionStorage')
  if (attempt(() => storage?.getItem(loginKey)) !== login) forgetAgent()
  attempt(() => storage?.setItem(loginKey, login))
  keptToken.write(token)
}

/** Nothing of one agent is left for the next who logs in here. */
export function forgetAgent(): void {
  const storage = storageOf('sessionStorage')
  if (storage === undefined) return
  for (const key of Object.keys(storage)) if (key.startsWith('kf.agent.')) storage.removeItem(key)
}
