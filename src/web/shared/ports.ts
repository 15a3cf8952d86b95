import type { OpenSocket, OutboxLock, OutboxStorage } from '../../client/contract.ts'
import { webSocketPort } from '../../client/websocket.ts'
import { attempt } from './drafts.ts'

export const openBrowserSocket: OpenSocket = webSocketPort((url, protocol) => new WebSocket(url, protocol))

/** `base` is the absolute address of the folder the API lives in. */
export function socketAddress(base: string): string {
  const url = new URL('ws', base)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}

/** The browser's storage, or undefined where even looking at it throws. */
export function storageOf(kind: 'localStorage' | 'sessionStorage'): Storage | undefined {
  return attempt(() => window[kind])
}

export function outboxStorage(storage: Storage | undefined, key: string): OutboxStorage | undefined {
  if (storage === undefined) return undefined
  return {
    load: () => storage.getItem(key) ?? undefined,
    save: (text) => {
      storage.setItem(key, text)
    },
  }
}

/**
 * One tab at a time holds `name`; the next gets it when that tab is gone.
 * Undefined on plain-HTTP pages, where browsers have no locks.
 */
export function tabLock(name: string): OutboxLock | undefined {
  const locks = lockManager()
  if (locks === undefined) return undefined
  return (held) => {
    const abort = new AbortController()
    let giveUp = (): void => {
      abort.abort()
    }
    const task = (): Promise<void> =>
      new Promise((resolve) => {
        giveUp = resolve
        held()
      })
    locks.request(name, { signal: abort.signal }, task).catch(() => undefined)
    return () => {
      giveUp()
    }
  }
}

/** Runs `task` while no other tab runs one of this name, at once where there are no locks; `task` ends its turn by `done`. */
export function inTurn(name: string, task: (done: () => void) => void): void {
  const locks = lockManager()
  if (locks === undefined) {
    task(() => undefined)
    return
  }
  void locks.request(name, () => new Promise<void>((resolve) => task(resolve)))
}

// The DOM's types promise what insecure pages and older browsers lack.
function lockManager(): LockManager | undefined {
  const held: { readonly locks?: LockManager } = navigator
  return held.locks
}
