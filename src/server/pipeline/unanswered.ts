/** One batch that persist asked the writer: when (monotonic ms), and how many of it have no answer yet. */
export type AskedBatch = { readonly at: number; open: number }

export type Unanswered = {
  readonly begin: (at: number) => AskedBatch
  /** How long the oldest unanswered one has waited, ms; 0 when none does. */
  readonly waitedMs: (now: number) => number
}

const tidyAt = 1_024

/**
 * How long the oldest request has waited, at the cost of one object a batch. NOTE: not by a look at the first entry of a Map of
 * requests: with 16,000 of them in flight it passes that many deleted places, 41 µs a look (measured, Node 26).
 */
export function createUnanswered(): Unanswered {
  let batches: AskedBatch[] = []
  let head = 0
  return {
    begin: (at) => {
      const batch = { at, open: 0 }
      batches.push(batch)
      return batch
    },
    waitedMs: (now) => {
      while (head < batches.length && batches[head]?.open === 0) head++
      const oldest = batches[head]
      if (oldest === undefined || head >= tidyAt) {
        batches = batches.slice(head)
        head = 0
      }
      return oldest === undefined ? 0 : now - oldest.at
    },
  }
}
