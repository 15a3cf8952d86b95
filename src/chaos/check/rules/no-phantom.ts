import type { Placed } from '../history.ts'
import type { At } from '../ledger.ts'
import { flag } from '../messages.ts'
import { Findings, type MakeRule } from '../rule.ts'

/**
 * Only what was sent is delivered, as it was sent, by whom it was sent and where it was sent to; nothing that was definitely
 * rejected; and to a visitor nothing of other visitors. Each message is reported once.
 */
export const noPhantom: MakeRule = (ledger) => {
  const { messages, clients } = ledger
  const found = new Findings()
  let checked = 0
  const rejections = new Map<number, number>()
  const report = (at: At, what: () => string, ...lines: readonly number[]): void => {
    if (messages.has(at.message, flag.reported)) return
    messages.mark(at.message, flag.reported)
    found.add(
      () => `${messages.id(at.message)} at ${String(at.stream)} seq ${at.seq} ${what()}`,
      ...lines,
      at.line,
    )
  }
  const sighted = (entry: Placed, at: At): void => {
    checked += 1
    const { message } = at
    const sender = clients[messages.client[message] ?? -1]
    if (sender === undefined) {
      if (entry.role !== 'system') report(at, () => `was sent by nobody; it is said to be from ${entry.from}`)
      return
    }
    const sent = messages.invokeLine[message] ?? 0
    const rejection = rejections.get(message)
    if (rejection !== undefined) {
      report(at, () => 'was definitely rejected', sent, rejection)
    } else if (!sender.goesBy(entry.from)) {
      report(at, () => `is said to be from ${entry.from}; ${sender.name} sent it`, sent)
    } else if (messages.has(message, flag.internal) !== (entry.stream === 'internal')) {
      report(at, () => 'was sent to the other stream', sent)
    } else if (entry.role === 'agent' && isElsewhere(message, at)) {
      report(at, () => 'was sent to another conversation', sent)
    } else if (!messages.has(message, flag.command) && entry.retracted !== true) {
      if (messages.hash[message] !== entry.hash) report(at, () => 'does not read as it was sent', sent)
    }
  }
  /** A visitor's late send may open its next conversation; an agent's goes where it says. */
  const isElsewhere = (message: number, at: At): boolean => {
    const named = messages.conversation[message] ?? -1
    return named >= 0 && ledger.conversations[named] !== at.stream.name
  }
  return {
    invariant: 'no_phantom',
    ok: (entry, at) => {
      checked += 1
      if (at.message < 0) found.add(() => `${entry.id} is acked to ${entry.p}, and nobody sent it`, at.line)
      else if (messages.client[at.message] !== at.client.index)
        found.add(
          () => `${entry.id} is acked to ${entry.p}, which did not send it`,
          messages.invokeLine[at.message] ?? 0,
          at.line,
        )
    },
    fail: (entry, at) => {
      // Acked before: that is an answer that changed, see no_duplicate.
      if (at.message < 0 || (messages.ackLine[at.message] ?? 0) > 0) return
      rejections.set(at.message, at.line)
      if ((messages.stream[at.message] ?? -1) < 0) return
      if (messages.has(at.message, flag.reported)) return
      messages.mark(at.message, flag.reported)
      found.add(
        () => `${entry.id} is definitely rejected with ${entry.code}, and was delivered`,
        messages.invokeLine[at.message] ?? 0,
        at.line,
      )
    },
    seen: (entry, at) => {
      sighted(entry, at)
      if (at.client.role !== 'visitor') return
      if (entry.stream === 'internal') report(at, () => `is internal, and ${at.client.name} is a visitor`)
      else if (entry.role === 'visitor' && !at.client.goesBy(entry.from))
        report(at, () => `is of ${entry.from}, and ${at.client.name} is another visitor`)
    },
    read: sighted,
    judge: () => ({ checked, found, doubts: [] }),
  }
}
