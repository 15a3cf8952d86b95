/** Half-written messages, one per conversation, kept across reloads. */
export type Drafts = {
  readonly read: (conversation: string) => string
  /** An empty text forgets the draft. */
  readonly write: (conversation: string, text: string) => void
}

/** `storage` may be absent or refuse (private mode, full, switched off): then drafts live as long as the page. */
export function drafts(
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined,
  prefix: string,
): Drafts {
  const held = new Map<string, string>()
  return {
    read: (conversation) =>
      held.get(conversation) ?? attempt(() => storage?.getItem(prefix + conversation)) ?? '',
    write: (conversation, text) => {
      held.set(conversation, text)
      attempt(() => {
        if (text === '') storage?.removeItem(prefix + conversation)
        else storage?.setItem(prefix + conversation, text)
      })
    },
  }
}

/** Storage throws where the browser denies it. */
export function attempt<T>(task: () => T): T | undefined {
  try {
    return task()
  } catch {
    return undefined
  }
}
