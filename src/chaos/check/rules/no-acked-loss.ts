import { flag } from '../messages.ts'
import type { Stream } from '../places.ts'
import { Findings, type MakeRule } from '../rule.ts'

/** What was acked is found by every reading of its stream that began after the ack, with its content. */
export const noAckedLoss: MakeRule = ({ messages, streams }) => {
  const found = new Findings()
  const complete = new Map<Stream, Complete>()
  /** Messages that read as retracted, and those that were retracted. */
  const emptied = new Map<number, number>()
  const retracted = new Set<string>()
  const noteEmpty = (entry: { readonly retracted?: true }, at: { message: number; line: number }): void => {
    if (entry.retracted === true) emptied.set(at.message, at.line)
  }
  return {
    invariant: 'no_acked_loss',
    seen: (entry, at) => {
      noteEmpty(entry, at)
    },
    read: (entry, at) => {
      noteEmpty(entry, at)
      if (entry.event?.kind === 'retracted' && entry.event.seq !== undefined)
        retracted.add(placeKey(at.stream.index, entry.event.seq))
    },
    readEnd: (entry, at) => {
      if (at.pass === undefined) return
      const before = complete.get(at.stream)
      const { beganLine, ackedBefore } = at.pass
      // A reading that ends below what was acked before it began.
      const shortAt = entry.head < ackedBefore ? entry.head : Number.POSITIVE_INFINITY
      complete.set(at.stream, {
        beganLine,
        endLine: at.line,
        shortAt: Math.min(shortAt, before?.shortAt ?? Number.POSITIVE_INFINITY),
        shortLine:
          shortAt < (before?.shortAt ?? Number.POSITIVE_INFINITY) ? at.line : (before?.shortLine ?? 0),
      })
    },
    judge: () => {
      let checked = 0
      let uncovered = 0
      for (let message = 0; message < messages.count; message++) {
        const ackLine = messages.ackLine[message] ?? 0
        if (ackLine === 0) continue
        const stream = streams[messages.stream[message] ?? -1]
        const reading = stream === undefined ? undefined : complete.get(stream)
        const seq = messages.seq[message] ?? 0
        const isRead = messages.has(message, flag.readBack)
        if (reading === undefined || (!isRead && ackLine > reading.beganLine)) {
          uncovered += 1
          continue
        }
        checked += 1
        if (isRead && seq <= reading.shortAt) continue
        found.add(
          () =>
            `${messages.id(message)} was acked as ${String(stream)} seq ${seq} and is not there when the stream is read back`,
          messages.invokeLine[message] ?? 0,
          ackLine,
          isRead ? reading.shortLine : reading.endLine,
        )
      }
      for (const [message, line] of emptied) {
        const [index, seq] = [messages.stream[message] ?? -1, messages.seq[message] ?? 0]
        const stream = streams[index]
        if (stream === undefined || !complete.has(stream) || retracted.has(placeKey(index, seq))) continue
        found.add(
          () =>
            `${messages.id(message)} at ${String(stream)} seq ${seq} lost its content: nothing retracted it`,
          messages.invokeLine[message] ?? 0,
          line,
        )
      }
      return {
        checked,
        found,
        doubts:
          uncovered === 0 ? [] : [`${uncovered} acked messages stand in streams that were not read back`],
      }
    },
  }
}

type Complete = {
  /** The last complete reading. */
  readonly beganLine: number
  readonly endLine: number
  /** The lowest head below what had been acked, of all readings. */
  readonly shortAt: number
  readonly shortLine: number
}

function placeKey(stream: number, seq: number): string {
  return `${stream}/${seq}`
}
