import { flag } from '../messages.ts'
import { Findings, type MakeRule } from '../rule.ts'

/**
 * What was acked before another message of the stream was first sent, by whichever client, stands before it. From a stream's
 * end down: a message must not have been sent after the earliest ack of those above it.
 */
export const realTimeOrder: MakeRule = (ledger) => {
  const { messages, places, streams } = ledger
  return {
    invariant: 'real_time_order',
    judge: () => {
      const found = new Findings()
      let checked = 0
      for (const stream of streams) {
        let earliest = -1
        let earliestAck = Number.POSITIVE_INFINITY
        places.descending(stream, (seq, message) => {
          if (messages.stream[message] !== stream.index || messages.seq[message] !== seq) return
          if (messages.has(message, flag.moved)) return
          const [sent, acked] = [messages.invokeLine[message] ?? 0, messages.ackLine[message] ?? 0]
          if (sent > 0 && earliest >= 0) checked += 1
          if (sent > earliestAck) {
            const above = earliest
            found.add(
              () =>
                `${messages.id(above)} was acked as ${String(stream)} seq ${messages.seq[above] ?? 0} before ${messages.id(message)} was sent, which stands at seq ${seq}`,
              messages.ackLine[above] ?? 0,
              sent,
            )
          }
          if (acked > 0 && acked < earliestAck) {
            earliestAck = acked
            earliest = message
          }
        })
      }
      return { checked, found, doubts: [] }
    },
  }
}
