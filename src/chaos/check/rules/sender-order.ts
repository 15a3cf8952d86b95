import { flag } from '../messages.ts'
import { Findings, type MakeRule } from '../rule.ts'

/**
 * What a client first sent on one connection to one stream stands in the order sent, whether it was acked or only found.
 * Sends to another connection or stream are not compared, nor is what was never stored.
 */
export const senderOrder: MakeRule = (ledger) => {
  const { messages, clients, streams } = ledger
  return {
    invariant: 'sender_order',
    judge: () => {
      const found = new Findings()
      let checked = 0
      /** By client: for each stream, the message with the largest seq of its last connection. */
      const latest = clients.map(() => new Map<number, number>())
      for (let i = 0; i < ledger.sends; i++) {
        const message = ledger.sendOrder[i] ?? 0
        const stream = messages.stream[message] ?? -1
        const ofClient = latest[messages.client[message] ?? -1]
        if (stream < 0 || ofClient === undefined || messages.has(message, flag.moved)) continue
        const before = ofClient.get(stream)
        if (before === undefined || messages.connection[before] !== messages.connection[message]) {
          ofClient.set(stream, message)
          continue
        }
        checked += 1
        if ((messages.seq[message] ?? 0) > (messages.seq[before] ?? 0)) {
          ofClient.set(stream, message)
          continue
        }
        found.add(
          () => {
            const client = clients[messages.client[message] ?? -1]?.name ?? ''
            const connection = messages.connection[message] ?? 0
            return `${client} sent ${messages.id(message)} after ${messages.id(before)} on connection ${connection}; in ${String(streams[stream])} they stand at seq ${messages.seq[message] ?? 0} and ${messages.seq[before] ?? 0}`
          },
          messages.invokeLine[before] ?? 0,
          messages.invokeLine[message] ?? 0,
        )
      }
      return { checked, found, doubts: [] }
    },
  }
}
