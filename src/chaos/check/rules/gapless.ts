import type { Client } from '../client.ts'
import type { Ownership } from '../ownership.ts'
import type { Stream } from '../places.ts'
import { Findings, type MakeRule } from '../rule.ts'

/** Looked at again at the end: each takes some 100 bytes. */
const holesKept = 200_000

/**
 * What a reader is given of a stream grows by one, from where it resumed; what is read back goes from 1 to the head. A
 * client's own messages fill a hole: their acks count as deliveries. Resets are counted against the budget.
 */
export const gapless =
  (ownership: Ownership): MakeRule =>
  (ledger, options) => {
    const { messages } = ledger
    const found = new Findings()
    const resets: { readonly line: number; readonly text: string }[] = []
    const holes: Hole[] = []
    let resetCount = 0
    let checked = 0
    let notKept = 0
    return {
      invariant: 'gapless',
      seen: (entry, at) => {
        checked += 1
        const { client, stream, previous, seq } = at
        if (previous < 0 || seq === previous + 1) return
        if (seq <= previous) {
          found.add(
            () => `${client.name} stood at ${String(stream)} seq ${previous} and is given seq ${entry.seq}`,
            at.previousLine,
            at.line,
          )
        } else if (!isOwn(client, stream, previous + 1, seq - 1)) {
          const hole = {
            client,
            stream,
            from: previous + 1,
            to: seq - 1,
            fromLine: at.previousLine,
            line: at.line,
          }
          if (holes.length < holesKept) holes.push(hole)
          else notKept += 1
        }
      },
      read: (entry, at) => {
        checked += 1
        if (entry.seq === at.previous + 1) return
        found.add(
          () => `${entry.p} reads ${String(at.stream)} back: after seq ${at.previous} comes seq ${entry.seq}`,
          at.previousLine,
          at.line,
        )
      },
      readEnd: (entry, at) => {
        const last = at.pass?.seq ?? 0
        if (last === entry.head) return
        found.add(
          () => `${entry.p} read ${String(at.stream)} back to seq ${last}, and its head is ${entry.head}`,
          at.pass?.line ?? 0,
          at.line,
        )
      },
      reset: (entry, at) => {
        resetCount += 1
        if (resets.length < options.resetsAllowed + 10)
          resets.push({ line: at.line, text: `${entry.p} is told to forget ${entry.conversation}` })
      },
      judge: () => {
        for (const hole of holes) {
          const { client, stream, from, to } = hole
          if (isOwn(client, stream, from, to) || ownership.mayHaveLeft(client, stream, from, to)) continue
          found.add(
            () =>
              `${client.name} stood at ${String(stream)} seq ${from - 1} and is given seq ${to + 1}: ${from === to ? `seq ${from} is` : `seqs ${from} to ${to} are`} missing`,
            hole.fromLine,
            hole.line,
          )
        }
        for (let n = options.resetsAllowed; n < resetCount; n++) {
          const reset = resets[n]
          found.add(
            () => `${reset?.text ?? ''}: reset ${n + 1}, allowed are ${options.resetsAllowed}`,
            reset?.line ?? 0,
          )
        }
        const { resumes } = options.minimum
        return {
          checked,
          found,
          doubts: [
            ...(ledger.resumes < resumes
              ? [`${ledger.resumes} resumes, at least ${resumes} are asked for`]
              : []),
            ...(notKept === 0 ? [] : [`${notKept} more holes than could be looked into`]),
          ],
        }
      },
    }

    /** Whether all of these seqs are the client's own messages, so that their acks delivered them. */
    function isOwn(client: Client, stream: Stream, from: number, to: number): boolean {
      for (let seq = from; seq <= to; seq++) {
        const place = ledger.places.find(stream, seq)
        const message = place < 0 ? -1 : ledger.places.messageAt(place)
        if (messages.client[message] !== client.index || (messages.ackLine[message] ?? 0) === 0) return false
      }
      return true
    }
  }

type Hole = {
  readonly client: Client
  readonly stream: Stream
  readonly from: number
  readonly to: number
  readonly fromLine: number
  readonly line: number
}
