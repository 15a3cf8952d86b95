/** Where the peer keeps messages; `done` is called once one is kept. */
export type Log = {
  readonly append: (entry: Entry, done: (seq: number, at: number) => void) => void
  readonly close: () => Promise<void>
}

export type Entry = {
  readonly id: string
  readonly conversation: string
  readonly from: { readonly role: string; readonly id: string }
  readonly body: unknown
}

/** Numbers messages and keeps none. */
export function memoryLog(): Log {
  const heads = new Map<string, number>()
  return {
    append: ({ conversation }, done) => {
      const seq = (heads.get(conversation) ?? 0) + 1
      heads.set(conversation, seq)
      done(seq, Date.now())
    },
    close: () => Promise.resolve(),
  }
}
