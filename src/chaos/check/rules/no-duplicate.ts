import type { At } from '../ledger.ts'
import { Findings, type MakeRule } from '../rule.ts'

/** An id stands at one place, and all answers to it are the first one. */
export const noDuplicate: MakeRule = (ledger, options) => {
  const { messages, streams } = ledger
  const found = new Findings()
  /** Lines of rejections. */
  const failed = new Map<number, number>()
  const onePlace = (what: string, at: At): void => {
    if (at.message < 0) return
    const [stream, seq] = [messages.stream[at.message] ?? -1, messages.seq[at.message] ?? 0]
    if (stream === at.stream.index && seq === at.seq) return
    const first = streams[stream]
    found.add(
      () =>
        `${messages.id(at.message)} ${what} at ${String(at.stream)} seq ${at.seq}, and stands at ${String(first)} seq ${seq}`,
      firstLine(at.message),
      at.line,
    )
  }
  const firstLine = (message: number): number => {
    const stream = streams[messages.stream[message] ?? -1]
    const place = stream === undefined ? -1 : ledger.places.find(stream, messages.seq[message] ?? 0)
    // Somebody else may have been there first; then the ack is what there is.
    const mine = place >= 0 && ledger.places.messageAt(place) === message
    return mine ? ledger.places.lineAt(place) : (messages.ackLine[message] ?? 0)
  }
  return {
    invariant: 'no_duplicate',
    ok: (_, at) => {
      onePlace('is acked', at)
      const line = at.message < 0 ? undefined : failed.get(at.message)
      if (line === undefined) return
      found.add(() => `${messages.id(at.message)} was rejected and is acked`, line, at.line)
    },
    fail: (entry, at) => {
      if (at.message < 0) return
      const ackLine = messages.ackLine[at.message] ?? 0
      if (ackLine > 0)
        found.add(
          () => `${entry.id} was acked, and a retry of it is rejected with ${entry.code}`,
          ackLine,
          at.line,
        )
      failed.set(at.message, at.line)
    },
    seen: (_, at) => {
      onePlace('is delivered', at)
    },
    read: (_, at) => {
      onePlace('is read back', at)
    },
    judge: () => {
      let checked = 0
      for (let message = 0; message < messages.count; message++) {
        if ((messages.stream[message] ?? -1) >= 0) checked += 1
      }
      const { retries } = options.minimum
      const few = `${ledger.retries} retries, at least ${retries} are asked for`
      return { checked, found, doubts: ledger.retries < retries ? [few] : [] }
    },
  }
}
