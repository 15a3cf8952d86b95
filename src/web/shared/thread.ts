import type { ThreadMessage } from '../../client/contract.ts'
import type { Body, EventBody, Role, Sender } from '../../protocol/frames.ts'
import { needsSeparator } from './time.ts'

/** A send of this page that has no seq yet. `made` is the page's own clock: it gives way to the server's. */
export type Pending = {
  readonly id: string
  readonly body: Body
  readonly made: number
  readonly status: 'waiting' | 'sending' | 'failed'
  readonly error?: { readonly code: string; readonly message: string }
}

export type BubbleState = 'sending' | 'failed' | 'sent' | 'read' | 'received'

export type Bubble = {
  readonly kind: 'bubble'
  readonly key: string
  readonly id: string
  readonly seq: number | undefined
  readonly from: Sender
  readonly mine: boolean
  /** Written by someone of the reader's own role: an agent sees other agents on the own side. */
  readonly own: boolean
  readonly body: Body
  readonly at: number
  readonly state: BubbleState
  readonly error: { readonly code: string; readonly message: string } | undefined
  /** First and last of a run by one sender: such a run is drawn as one block. */
  readonly first: boolean
  readonly last: boolean
}

export type Row =
  | Bubble
  | { readonly kind: 'date'; readonly key: string; readonly at: number }
  | { readonly kind: 'unread'; readonly key: string }
  | { readonly kind: 'event'; readonly key: string; readonly seq: number; readonly body: EventBody }
  | {
      readonly kind: 'retracted'
      readonly key: string
      readonly seq: number
      readonly from: Sender
      readonly mine: boolean
    }

/** One conversation's part of what is shown; a visitor's page shows several, one below the other. */
export type Segment = {
  /** Ascending by seq. */
  readonly messages: readonly ThreadMessage[]
  /** The highest seq the other side has read. */
  readonly readByOther: number
  /** The divider stands above the first message of the other side after this seq; undefined for none. */
  readonly unreadAfter?: number | undefined
}

export type ThreadInput = {
  readonly segments: readonly Segment[]
  /** In the order they were sent. */
  readonly pending: readonly Pending[]
  readonly me: Sender
  readonly timeZone?: string
}

/**
 * The rows of a thread, top to bottom. A row's key is the message's client id, so that a bubble keeps its element, and so
 * its place, when the message itself takes the pending one's stead.
 */
export function threadRows({ segments, pending, me, timeZone }: ThreadInput): readonly Row[] {
  const rows: Row[] = []
  const stored = new Set<string>()
  let divided = false
  let lastAt: number | undefined

  for (const { messages, readByOther, unreadAfter } of segments) {
    const gone = retractedSeqs(messages)
    for (const { body, seq, id, from, at, mine } of messages) {
      stored.add(id)
      if (body.kind === 'event' && body.event === 'retracted') continue
      if (needsSeparator(lastAt, at, timeZone)) rows.push({ kind: 'date', key: `date ${id}`, at })
      lastAt = Math.max(at, lastAt ?? at)
      if (!divided && unreadAfter !== undefined && seq > unreadAfter && isFromOther(from, me)) {
        divided = true
        rows.push({ kind: 'unread', key: 'unread' })
      }
      if (body.kind === 'event') rows.push({ kind: 'event', key: `event ${id}`, seq, body })
      else if (body.kind === 'retracted' || gone.has(seq))
        rows.push({ kind: 'retracted', key: id, seq, from, mine })
      else {
        const own = from.role === me.role
        const state = mine ? (seq <= readByOther ? 'read' : 'sent') : 'received'
        rows.push({
          kind: 'bubble',
          key: id,
          id,
          seq,
          from,
          mine,
          own,
          body,
          at,
          state,
          error: undefined,
          first: true,
          last: true,
        })
      }
    }
  }

  for (const { id, body, status, error, made } of pending) {
    if (stored.has(id)) continue
    // NOTE: the page's clock may be behind the server's; a pending bubble is never dated before what stands above it.
    const at = Math.max(made, lastAt ?? made)
    if (needsSeparator(lastAt, at, timeZone)) rows.push({ kind: 'date', key: `date ${id}`, at })
    lastAt = at
    const state = status === 'failed' ? 'failed' : 'sending'
    rows.push({
      kind: 'bubble',
      key: id,
      id,
      seq: undefined,
      from: me,
      mine: true,
      own: true,
      body,
      at,
      state,
      error,
      first: true,
      last: true,
    })
  }
  return grouped(rows)
}

/** The bubble whose state is spelled out: the last of one's own that has not failed (each failed one speaks for itself). */
export function statusBubble(rows: readonly Row[]): string | undefined {
  const last = rows.findLast((row) => row.kind === 'bubble' && row.mine && row.state !== 'failed')
  return last?.key
}

/** What the other side's people wrote after `seq`: what a badge counts. */
export function countUnread(messages: readonly ThreadMessage[], role: Role, seq: number): number {
  let count = 0
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i]
    if (message === undefined || message.seq <= seq) break
    const { body, from } = message
    if (body.kind !== 'event' && body.kind !== 'retracted' && isFromOther(from, { role })) count++
  }
  return count
}

function isFromOther(from: Sender, me: { readonly role: Role }): boolean {
  return from.role !== me.role && from.role !== 'system'
}

function retractedSeqs(messages: readonly ThreadMessage[]): ReadonlySet<number> {
  const seqs = new Set<number>()
  for (const { body } of messages) {
    if (body.kind === 'event' && body.event === 'retracted') seqs.add(body.seq)
  }
  return seqs
}

function grouped(rows: readonly Row[]): readonly Row[] {
  return rows.map((row, i) => {
    if (row.kind !== 'bubble') return row
    return { ...row, first: !sameBlock(rows[i - 1], row), last: !sameBlock(row, rows[i + 1]) }
  })
}

function sameBlock(a: Row | undefined, b: Row | undefined): boolean {
  return (
    a?.kind === 'bubble' && b?.kind === 'bubble' && a.from.role === b.from.role && a.from.id === b.from.id
  )
}
