import type { Clock } from '../core/clock.ts'
import type { Hello, History, MessageInPage, Page, StreamName } from '../protocol/frames.ts'
import { type ThreadMessage, threadKey } from './contract.ts'
import { ThreadModel } from './thread.ts'

/**
 * All threads of a session, and the pulls that keep them whole. A thread needs a pull while it has no place yet (its last
 * page), while its cursor is below what it heard of (`after` the cursor), or when its reader wants more (`before` the oldest).
 */
export type ThreadsOptions = {
  readonly clock: Clock
  readonly keep: number
  readonly pageSize: () => number
  /** Messages of one page the server allows. */
  readonly pageLimit: () => number
  readonly request: (frame: History) => boolean
  /** A pull got no answer in time. */
  readonly onTimeout: () => void
  readonly isMine: (message: MessageInPage) => boolean
  /** Newly in place, in order; not called for older history. */
  readonly onApplied: (thread: ThreadModel, messages: readonly ThreadMessage[]) => void
  readonly onChange: () => void
}

type Pull = { readonly thread: ThreadModel; readonly frame: History; readonly cancel: () => void }

const pullsAtOnce = 4
const pageWithinMs = 10_000
/** An ack or a summary may overtake the frames it speaks of by this much before a page is asked for. */
const graceMs = 150
const retryMs = 1_000
/** Without an answer; then it is most likely refused, and an error for a page does not say for which. */
const triesPerConnection = 5

export class Threads {
  readonly #options: ThreadsOptions
  readonly #threads = new Map<string, ThreadModel>()
  readonly #needy = new Set<ThreadModel>()
  readonly #pulls = new Map<ThreadModel, Pull>()
  readonly #waiting = new Map<ThreadModel, () => void>()
  /** Set while the server wants no pulls. */
  #endPause: (() => void) | undefined
  readonly #tries = new Map<ThreadModel, number>()

  constructor(options: ThreadsOptions) {
    this.#options = options
  }

  get(conversation: string, stream: StreamName): ThreadModel | undefined {
    return this.#threads.get(threadKey(conversation, stream))
  }

  all(): ReadonlyMap<string, ThreadModel> {
    return this.#threads
  }

  /** The thread, made without a place when it is new. */
  open(conversation: string, stream: StreamName): ThreadModel {
    const key = threadKey(conversation, stream)
    const thread = this.#threads.get(key) ?? new ThreadModel(conversation, stream, this.#options.keep)
    this.#threads.set(key, thread)
    return thread
  }

  drop(conversation: string): void {
    for (const stream of ['public', 'internal'] as const) {
      const thread = this.get(conversation, stream)
      if (thread === undefined) continue
      this.#forget(thread)
      this.#threads.delete(threadKey(conversation, stream))
    }
    this.#options.onChange()
  }

  /** What a hello says it holds of `listed` conversations, at most `limit` streams, the youngest threads first. */
  resume(limit: number, listed: (conversation: string) => boolean): NonNullable<Hello['resume']>['streams'] {
    const streams = []
    for (const { conversation, stream, cursor } of [...this.#threads.values()].toReversed()) {
      if (cursor === undefined || !listed(conversation)) continue
      if (streams.length < limit) streams.push({ conversation, stream, after: cursor })
    }
    return streams
  }

  /** Live or own: puts it in its place, and asks for what is missing before it. */
  add(thread: ThreadModel, message: ThreadMessage, overtaking: boolean): void {
    this.#applied(thread, thread.add(message))
    this.settle(thread, overtaking ? graceMs : 0)
  }

  /** Asks for what the thread lacks, `delayMs` from now if it still lacks it then. */
  settle(thread: ThreadModel, delayMs = 0): void {
    if (!lacks(thread)) return
    if (delayMs === 0) {
      this.#needy.add(thread)
      this.pump()
    } else if (!this.#waiting.has(thread)) {
      const cancel = this.#options.clock.after(delayMs, () => {
        this.#waiting.delete(thread)
        this.settle(thread)
      })
      this.#waiting.set(thread, cancel)
    }
  }

  /** Time for what `settle` gives threads that may be told the rest without asking. */
  settleSoon(thread: ThreadModel): void {
    this.settle(thread, graceMs)
  }

  loadOlder(thread: ThreadModel): void {
    if (thread.complete || thread.wantOlder) return
    thread.wantOlder = true
    thread.changed()
    this.settle(thread)
    this.#options.onChange()
  }

  page(page: Page): void {
    const thread = this.get(page.conversation, page.stream)
    if (thread === undefined) return
    const pull = this.#pulls.get(thread)
    const answered =
      pull !== undefined && pull.frame.before === page.before && pull.frame.after === page.after
    if (answered) {
      pull.cancel()
      this.#pulls.delete(thread)
      if (page.before !== undefined) thread.wantOlder = false
    }
    const before = thread.cursor
    this.#applied(thread, thread.addPage(page, this.#options.isMine))
    const moved = thread.cursor !== before || page.before !== undefined
    if (moved) this.#tries.delete(thread)
    this.settle(thread, moved ? 0 : retryMs)
    this.pump()
    this.#options.onChange()
  }

  /** An error without an id while pages are on their way: they are asked for again, and no other before that. */
  refused(retryAfterMs: number | undefined): void {
    if (this.#pulls.size === 0) return
    for (const { thread, cancel } of this.#pulls.values()) {
      cancel()
      this.#needy.add(thread)
      this.#tries.delete(thread)
    }
    this.#pulls.clear()
    this.#endPause?.()
    this.#endPause = this.#options.clock.after(retryAfterMs ?? retryMs, () => {
      this.#endPause = undefined
      this.pump()
    })
  }

  /** A new connection: whatever lacks something asks again. */
  up(): void {
    this.#tries.clear()
    for (const thread of this.#threads.values()) this.settle(thread)
  }

  down(): void {
    for (const { cancel } of this.#pulls.values()) cancel()
    for (const cancel of this.#waiting.values()) cancel()
    this.#pulls.clear()
    this.#waiting.clear()
    this.#needy.clear()
    this.#endPause?.()
    this.#endPause = undefined
  }

  pump(): void {
    if (this.#endPause !== undefined) return
    for (const thread of this.#needy) {
      if (this.#pulls.size >= pullsAtOnce) return
      if (this.#pulls.has(thread)) continue
      this.#needy.delete(thread)
      if (lacks(thread)) this.#pull(thread)
    }
  }

  #pull(thread: ThreadModel): void {
    const tries = this.#tries.get(thread) ?? 0
    if (tries >= triesPerConnection) return
    const frame = this.#frameFor(thread)
    if (!this.#options.request(frame)) return
    this.#tries.set(thread, tries + 1)
    const cancel = this.#options.clock.after(pageWithinMs, () => {
      this.#pulls.delete(thread)
      this.settle(thread)
      this.#options.onTimeout()
    })
    this.#pulls.set(thread, { thread, frame, cancel })
  }

  #frameFor({ conversation, stream, cursor, heard, low }: ThreadModel): History {
    const limit = Math.min(this.#options.pageSize(), this.#options.pageLimit())
    const base = { type: 'history', conversation, stream } as const
    if (cursor === undefined) return { ...base, before: Number.MAX_SAFE_INTEGER, limit }
    if (cursor < heard) return { ...base, after: cursor, limit: this.#options.pageLimit() }
    return { ...base, before: low, limit }
  }

  #applied(thread: ThreadModel, messages: readonly ThreadMessage[]): void {
    if (messages.length > 0) this.#options.onApplied(thread, messages)
  }

  #forget(thread: ThreadModel): void {
    this.#pulls.get(thread)?.cancel()
    this.#waiting.get(thread)?.()
    this.#pulls.delete(thread)
    this.#waiting.delete(thread)
    this.#needy.delete(thread)
    this.#tries.delete(thread)
  }
}

function lacks(thread: ThreadModel): boolean {
  return thread.behind || thread.wantOlder
}
