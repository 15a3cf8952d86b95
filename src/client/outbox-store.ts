import { decodeClientFrame } from '../protocol/decode.ts'
import type { OutboxStorage } from './contract.ts'
import { type Entry, fresh, type Laned } from './outbox-entry.ts'

/**
 * The unanswered sends of all tabs of one identity in one stored text. Each tab writes its own and leaves the others' alone;
 * `load` takes all of them, for the tab that holds the lock. Commands are not kept: later they are worth nothing.
 */
export class OutboxStore {
  readonly #storage: OutboxStorage
  readonly #laneOf: (frame: Laned) => string
  /** Answered since the last save: what is stored of them is ours to remove. */
  readonly #gone = new Set<string>()

  constructor(storage: OutboxStorage, laneOf: (frame: Laned) => string) {
    this.#storage = storage
    this.#laneOf = laneOf
  }

  gone(id: string): void {
    this.#gone.add(id)
  }

  /** A full or forbidden store (private windows) must not stop the talk; the outbox then lives in memory only. */
  save(entries: ReadonlyMap<string, Entry>): void {
    const sends = [...entries.values()].filter(({ frame, told }) => frame.type === 'send' && !told)
    const own = sends.map(({ frame, made, error }) => ({ frame, made, error }))
    const others = this.#stored().filter((item) => {
      const id = idOf(item)
      return id !== undefined && !entries.has(id) && !this.#gone.has(id)
    })
    try {
      this.#storage.save(JSON.stringify([...others, ...own]))
      this.#gone.clear()
    } catch {
      // What is gone stays on the list for the next save.
    }
  }

  /** What another version or another hand wrote there is checked like a stranger's frame. */
  load(): readonly Entry[] {
    return this.#stored().flatMap((item) => this.#entryOf(item))
  }

  #stored(): readonly unknown[] {
    try {
      const items: unknown = JSON.parse(this.#storage.load() ?? '[]')
      return Array.isArray(items) ? items : []
    } catch {
      return []
    }
  }

  #entryOf(item: unknown): readonly Entry[] {
    if (!isRecord(item)) return []
    const decoded = decodeClientFrame(JSON.stringify(item['frame']) ?? '')
    if (!decoded.ok || decoded.frame.type !== 'send') return []
    const { frame } = decoded
    const made = typeof item['made'] === 'number' ? item['made'] : 0
    const error = errorOf(item['error'])
    const entry = { ...fresh, id: frame.id, lane: this.#laneOf(frame), frame, made }
    return [error === undefined ? { ...entry, status: 'waiting' } : { ...entry, status: 'failed', error }]
  }
}

function idOf(item: unknown): string | undefined {
  if (!isRecord(item) || !isRecord(item['frame'])) return undefined
  const { id } = item['frame']
  return typeof id === 'string' ? id : undefined
}

function errorOf(error: unknown): { readonly code: string; readonly message: string } | undefined {
  if (!isRecord(error)) return undefined
  const { code, message } = error
  return typeof code === 'string' && typeof message === 'string' ? { code, message } : undefined
}

function isRecord(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === 'object' && value !== null
}
