import type { Placed } from '../history.ts'
import type { At } from '../ledger.ts'
import { Findings, type MakeRule } from '../rule.ts'

/** Each place of a stream is one message, whoever tells of it: readers, acks and the store; and it says the same to all. */
export const agreement: MakeRule = ({ messages }) => {
  const found = new Findings()
  let checked = 0
  const compare = (at: At): void => {
    checked += 1
    if (at.message < 0 || at.occupant === at.message) return
    found.add(
      () =>
        `${String(at.stream)} seq ${at.seq} is ${messages.id(at.message)} to ${at.client.name}, and ${messages.id(at.occupant)} to another`,
      at.occupantLine,
      at.line,
    )
  }
  const sameText = (entry: Placed, at: At): void => {
    compare(at)
    // What was sent has its sender's word for it: no_phantom looks at that.
    if ((messages.client[at.message] ?? -1) >= 0 || entry.retracted === true) return
    if (messages.hash[at.message] === entry.hash) return
    found.add(
      () =>
        `${messages.id(at.message)} at ${String(at.stream)} seq ${at.seq} reads differently to ${at.client.name}`,
      at.occupantLine,
      at.line,
    )
  }
  return {
    invariant: 'agreement',
    ok: (_, at) => {
      if (at.message >= 0) compare(at)
    },
    seen: sameText,
    read: sameText,
    judge: () => ({ checked, found, doubts: [] }),
  }
}
