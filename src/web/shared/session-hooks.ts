import { useEffect, useState } from 'preact/hooks'
import type { Connection, Session, SessionState } from '../../client/contract.ts'
import { codeOf, messageOf } from '../../core/errors.ts'
import type { TextKey } from './en.ts'
import { errorText, type Translate } from './i18n.ts'

/** The session's state, drawn anew after each change. */
export function useSession(session: Session): SessionState {
  const [state, setState] = useState(session.state)
  useEffect(() => {
    const take = (): void => {
      setState(session.state)
    }
    take()
    return session.subscribe(take)
  }, [session])
  return state
}

/**
 * Asks the session for a sign of life whenever the page may have slept: a phone kills sockets without `close`,
 * and a page out of the back-forward cache comes by `pageshow` only.
 */
export function useProbes(session: Session): void {
  useEffect(() => {
    const probe = (): void => {
      if (document.visibilityState === 'visible') session.probe()
    }
    document.addEventListener('visibilitychange', probe)
    window.addEventListener('pageshow', probe)
    window.addEventListener('online', probe)
    return () => {
      document.removeEventListener('visibilitychange', probe)
      window.removeEventListener('pageshow', probe)
      window.removeEventListener('online', probe)
    }
  }, [session])
}

/** True while the browser has a network at all. */
export function useOnline(): boolean {
  const [online, setOnline] = useState(() => navigator.onLine)
  useEffect(() => {
    const look = (): void => {
      setOnline(navigator.onLine)
    }
    window.addEventListener('online', look)
    window.addEventListener('offline', look)
    return () => {
      window.removeEventListener('online', look)
      window.removeEventListener('offline', look)
    }
  }, [])
  return online
}

/** Runs a send; undefined when it was queued, else what to tell: the session takes no more than it can hold. */
export function attemptSend(t: Translate, send: () => string): string | undefined {
  try {
    send()
    return undefined
  } catch (error) {
    return errorText(t, codeOf(error) ?? 'other', messageOf(error))
  }
}

/** What the banner says, if anything. The first connection is no news: one may type meanwhile. */
export function bannerKey(connection: Connection, online: boolean): TextKey | undefined {
  switch (connection.phase) {
    case 'ready':
    case 'idle':
      return undefined
    case 'connecting':
    case 'greeting':
      return connection.attempt > 1 ? 'connection.reconnecting' : undefined
    case 'waiting':
      return online ? 'connection.reconnecting' : 'connection.offline'
    case 'ended':
      return connection.reason === 'refused' ? 'connection.refused' : undefined
  }
}
