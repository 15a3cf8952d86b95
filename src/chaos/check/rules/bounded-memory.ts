import { closeCodes } from '../../../protocol/codes.ts'
import { Findings, type MakeRule } from '../rule.ts'

/**
 * Resident memory stays within its growth over the largest sample of the baseline, outboxes within their bound, and who reads
 * slowly is cut with a code that lets it come back. Each process that is sampled is compared with itself.
 */
export const boundedMemory: MakeRule = (_, options) => {
  const found = new Findings()
  const baseline = new Map<string, { readonly rss: number; readonly line: number }>()
  const slow = new Set<number>()
  let phase = ''
  let checked = 0
  let apart = 0
  return {
    invariant: 'bounded_memory',
    phase: (entry) => {
      phase = entry.phase
    },
    fault: (entry) => {
      if (entry.fault !== 'slow_consumer') return
      if (entry.e === 'inject') slow.add(entry.n)
      else if (entry.e === 'healed') slow.delete(entry.n)
    },
    link: (entry, at) => {
      if (slow.size === 0 || entry.e === 'up' || entry.code === undefined || entry.code === 1000) return
      if (reconnect(entry.code) === 'yes') return
      found.add(
        () => `${entry.p} is cut with ${entry.code ?? 0} while readers are slow: it says not to come back`,
        at.line,
      )
    },
    sample: (entry, at) => {
      const { outboxBytes = 0 } = entry
      const bound = options.maxOutboxBytes ?? Number.POSITIVE_INFINITY
      if (outboxBytes > bound) {
        found.add(
          () => `${entry.p} holds ${outboxBytes} bytes for its readers, at most ${bound} are allowed`,
          at.line,
        )
      }
      if (phase === 'warmup' || phase === '') return
      const before = baseline.get(entry.p)
      if (phase === 'baseline') {
        if (entry.rssBytes > (before?.rss ?? 0)) baseline.set(entry.p, { rss: entry.rssBytes, line: at.line })
        return
      }
      if (before === undefined) {
        apart += 1
        return
      }
      checked += 1
      const growth = entry.rssBytes - before.rss
      if (growth <= options.maxRssGrowthBytes) return
      found.add(
        () =>
          `${entry.p} has grown by ${growth} bytes to ${entry.rssBytes}, at most ${options.maxRssGrowthBytes} are allowed`,
        before.line,
        at.line,
      )
    },
    judge: () => ({
      checked,
      found,
      doubts:
        checked > 0
          ? []
          : [apart > 0 ? 'no sample during the baseline to compare with' : 'no samples after the baseline'],
    }),
  }
}

/** A code that is not of the table says nothing against it. */
function reconnect(code: number): string {
  const known: Readonly<Record<number, { readonly reconnect: string }>> = closeCodes
  return known[code]?.reconnect ?? 'yes'
}
