import { count } from './metrics.mjs'
import { write } from './socket.mjs'

// ---- Afterwards: what is in the store ----

// Reads a visitor's whole conversation back, page after page.
export function readBack(visitor) {
  if (!visitor.ready) return
  count('read_back_asked')
  if (!visitor.greeted) return
  visitor.audit = { cursor: 0, seqs: new Map() }
  askPage(visitor)
}

export function askPage(visitor) {
  const { conversation, audit } = visitor
  if (!visitor.greeted) return
  write(visitor, JSON.stringify({ type: 'history', conversation, after: audit.cursor, limit: 200 }))
}

export function readPage(visitor, page) {
  const { audit } = visitor
  for (const { seq, id, from } of page.messages) {
    if (seq !== audit.cursor + 1) count('out_of_order')
    audit.cursor = seq
    if (from.role !== 'visitor') continue
    if (audit.seqs.has(id)) count('duplicated')
    else audit.seqs.set(id, seq)
  }
  if (audit.cursor < page.head && page.messages.length > 0) askPage(visitor)
  else compare(visitor)
}

// What was acked must be there, under the seq of its ack; all of it in the order sent.
function compare(visitor) {
  const { seqs } = visitor.audit
  let last = 0
  for (const message of visitor.sent) {
    const seq = seqs.get(message.id)
    if (seq === undefined) {
      if (message.seq > 0) count('lost')
      continue
    }
    if (message.seq > 0 && message.seq !== seq) count('duplicated')
    if (seq < last) count('out_of_order')
    last = Math.max(last, seq)
  }
  count('read_back_complete')
}
