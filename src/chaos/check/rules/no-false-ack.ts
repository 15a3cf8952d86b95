import { Findings, type MakeRule } from '../rule.ts'

/**
 * While a fault that keeps the store from committing is verified and not yet being healed, nothing is acked that was first
 * sent in that time. Windows that overlap are one.
 */
export const noFalseAck: MakeRule = ({ messages }) => {
  const found = new Findings()
  const isStoreFault = new Set<number>()
  const open = new Set<number>()
  let began = 0
  let windows = 0
  let checked = 0
  return {
    invariant: 'no_false_ack',
    fault: (entry, at) => {
      if (entry.storeCannotCommit === true) isStoreFault.add(entry.n)
      if (entry.e === 'verified' && isStoreFault.has(entry.n)) {
        if (open.size === 0) {
          began = at.line
          windows += 1
        }
        open.add(entry.n)
      } else if (entry.e === 'healing' || entry.e === 'healed') open.delete(entry.n)
    },
    invoke: () => {
      if (open.size > 0) checked += 1
    },
    ok: (entry, at) => {
      if (open.size === 0 || at.message < 0) return
      const sent = messages.invokeLine[at.message] ?? 0
      if (sent < began || messages.ackLine[at.message] !== at.line) return
      found.add(
        () =>
          `${entry.id} is acked to ${entry.p} while the store cannot commit, and was first sent in that time`,
        began,
        sent,
        at.line,
      )
    },
    judge: () => ({
      checked,
      found,
      doubts:
        windows === 0
          ? ['no fault that keeps the store from committing was verified']
          : checked === 0
            ? ['nothing was first sent while the store could not commit']
            : [],
    }),
  }
}
