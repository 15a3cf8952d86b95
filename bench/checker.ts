import { join } from 'node:path'
import { createChecker } from '../src/chaos/check/checker.ts'
import { readHistory } from '../src/chaos/check/history-reader.ts'
import type { CheckOptions } from '../src/chaos/check/verdict.ts'
import { type Bench, type Claim, type Figures, median, rounded, series } from './support/claim.ts'
import { writeLongHistory } from './support/long-history.ts'

/**
 * What it costs to check a long history: read from its file, each line parsed and its fields looked at, all twelve invariants
 * judged, in one process on one core. A tenth of it shows whether time and memory grow with the length alone.
 */
export const checker: Claim = {
  name: 'checker',
  title: 'all invariants of a history of ten million operations, from its file',
  unit: 'minutes it takes ÷ the two that are allowed',
  rounds: 1,
  warmUps: 0,
  needsBuild: false,
  variants: ({ quick }) => (quick ? ['hundredth'] : ['tenth', 'whole']),
  sample,
  conclude: (rounds, { quick }) => {
    const longest = quick ? 'hundredth' : 'whole'
    const of = (figure: string, variant = longest): number => median(series(rounds, variant, figure))
    const wrong = rounds.reduce((sum, round) => sum + Number(round[longest]?.['not_passed'] ?? 0), 0)
    const perOperation = of('rss_bytes') / of('operations')
    return {
      ratio: of('seconds') / allowedS,
      samples: series(rounds, longest, 'seconds').map((seconds) => seconds / allowedS),
      figures: {
        operations: of('operations'),
        lines: of('lines'),
        file_bytes: of('file_bytes'),
        seconds: rounded(of('seconds')),
        cpu_seconds: rounded(of('cpu_seconds')),
        us_per_line: rounded((of('seconds') * 1e6) / of('lines')),
        rss_bytes: of('rss_bytes'),
        rss_bytes_per_operation: Math.round(perOperation),
        ...(quick
          ? {}
          : { tenth_seconds: rounded(of('seconds', 'tenth')), tenth_rss_bytes: of('rss_bytes', 'tenth') }),
      },
      bounds: [
        { what: 'seconds', value: of('seconds'), op: '<=', bound: allowedS },
        { what: 'resident bytes at most', value: of('rss_bytes'), op: '<=', bound: 2e9 },
        { what: 'invariants of a healthy run that do not pass', value: wrong, op: '<=', bound: 0 },
      ],
      invalid: null,
    }
  },
}

const allowedS = 120
const shares: Readonly<Record<string, number>> = { hundredth: 0.01, tenth: 0.1, whole: 1 }
const options: CheckOptions = {
  resetsAllowed: 0,
  convergeWithinMs: 10_000,
  maxRssGrowthBytes: 64 * 2 ** 20,
  minimum: { acks: 1_000, retries: 100, resumes: 100 },
}
/** There is no store fault in it. */
const unjudged = 'no_false_ack'

async function sample(variant: string, bench: Bench): Promise<Figures> {
  const operations = 10_000_000 * (shares[variant] ?? 1)
  const path = join(bench.folder(), 'history.jsonl')
  const { lines, bytes } = writeLongHistory(path, operations)
  const began = performance.now()
  const cpu = process.cpuUsage()
  const check = createChecker(options)
  await readHistory(path, check.add)
  const verdicts = check.end()
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const notPassed = verdicts.filter(({ status, invariant }) => status !== 'pass' && invariant !== unjudged)
  for (const { invariant, status, why, evidence } of notPassed)
    process.stderr.write(`bench: ${invariant}: ${status} ${why ?? evidence[0]?.text ?? ''}\n`)
  return {
    operations,
    lines,
    file_bytes: bytes,
    seconds,
    cpu_seconds: (user + system) / 1e6,
    // maxRSS is in KiB; the history was written by this process, too, which takes less.
    rss_bytes: process.resourceUsage().maxRSS * 1024,
    not_passed: notPassed.length,
  }
}
