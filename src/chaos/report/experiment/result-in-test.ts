import type { HistoryEntry } from '../../check/history.ts'
import { invariants, type Verdict } from '../../check/verdict.ts'
import type { ExperimentResult, FaultRecord, Second } from '../../experiment/result.ts'
import type { HistoryFacts } from './facts.ts'

/** A run of `partition` that broke a promise and left another unknown; figures invented. For tests. */
export const failedRun: ExperimentResult = resultInTest({
  status: 'fail',
  reasons: ['capacity: worker 2 died before its record'],
  verdicts: invariants.map((invariant): Verdict => {
    if (invariant === 'no_duplicate') {
      return {
        invariant,
        status: 'fail',
        checked: 48_210,
        violations: 1,
        evidence: [
          {
            text: 'conversation k3, client id c7f stored as seq 17 and 19',
            lines: [20_817, 20_990, 21_033],
          },
        ],
      }
    }
    return invariant === 'capacity'
      ? {
          invariant,
          status: 'unknown',
          checked: 12,
          violations: 0,
          evidence: [],
          why: 'worker 2 died before its record',
        }
      : { invariant, status: 'pass', checked: 48_210, violations: 0, evidence: [] }
  }),
})

export const failedFacts: HistoryFacts = {
  lines: new Map<number, HistoryEntry>([
    [20_817, { t: 43_120, p: 'v17', e: 'invoke', id: 'c7f', conn: 2, hash: 1, stream: 'public' }],
    [20_990, { t: 48_121, p: 'v17', e: 'info', id: 'c7f', why: 'timeout' }],
    [21_033, { t: 49_604, p: 'v17', e: 'ok', id: 'c7f', conversation: 'k3', stream: 'public', seq: 19 }],
  ]),
  phases: [
    { phase: 'warmup', at: -3_000 },
    { phase: 'baseline', at: 0 },
    { phase: 'fault', at: 20_010 },
    { phase: 'calm', at: 34_040 },
    { phase: 'fault', at: 41_002 },
    { phase: 'recovery', at: 61_020 },
    { phase: 'drain', at: 75_000 },
  ],
}

export function resultInTest(more: Partial<ExperimentResult> = {}): ExperimentResult {
  return {
    version: 1,
    experiment: {
      version: 1,
      name: 'partition',
      title: 'Do cut-off agents lose or double messages?',
      tags: [],
      seed: 11,
      topology: { kind: 'embedded', workers: 2 },
      workload: {
        visitors: 2_000,
        agents: 40,
        capacity: 60,
        rate: 0.5,
        answers: 0.5,
        desk: 2,
        reconnectPerMinute: 0.05,
        slowReaders: 0,
        warmupMs: 3_000,
      },
      safety: { allowTargets: [], maxNodesAffected: 1, ttlMs: 120_000, abortIf: [] },
      probes: [
        {
          name: 'quick',
          threshold: {
            baseline: { measure: 'p99_ms', op: '<=', value: 50 },
            recovery: { measure: 'p99_ms', op: '<=', value: 100 },
          },
        },
      ],
      method: [],
      recoveryMs: 14_000,
      checks: {
        resetsAllowed: 0,
        convergeWithinMs: 15_000,
        maxRssGrowthBytes: 64 * 1024 * 1024,
        minimum: { acks: 100, retries: 1, resumes: 1 },
        invariants,
      },
      report: {},
    },
    timeline: {
      baselineMs: 20_000,
      faultsEndMs: 61_000,
      endsMs: 75_000,
      steps: [
        step(1, 20_000, 34_000, 'partition', 'agents->node'),
        step(2, 41_000, 61_000, 'partition', 'visitors->node'),
        step(3, 52_000, undefined, 'worker_kill', 'node'),
      ],
    },
    startedAt: '2026-07-19T08:00:00.000Z',
    tookMs: 96_000,
    target: '127.0.0.1:7000',
    machine: 'test CPU, 2 cores, 8,192 MiB, Linux 6.1',
    command: 'kf chaos run partition.yml --seed 11',
    status: 'pass',
    reasons: [],
    phases: [
      {
        phase: 'baseline',
        concurrency: 2_000,
        avgMs: 1.4,
        p50Ms: 1.1,
        p99Ms: 4.9,
        errorRate: 0,
        acks: 20_000,
      },
      {
        phase: 'fault',
        concurrency: 2_000,
        avgMs: 211,
        p50Ms: 1.9,
        p99Ms: 9_800,
        errorRate: 0.183,
        acks: 22_000,
      },
      {
        phase: 'recovery',
        concurrency: 2_000,
        avgMs: 3.1,
        p50Ms: 1.3,
        p99Ms: 22,
        errorRate: 0,
        acks: 14_000,
      },
    ],
    probes: [
      { name: 'quick', phase: 'baseline', value: 4.9, threshold: 'p99_ms <= 50', held: true },
      { name: 'quick', phase: 'recovery', value: 22, threshold: 'p99_ms <= 100', held: true },
    ],
    faults: [
      fault(1, 'partition', 'agents->node', 20_010, 20_450, 34_040, '40 sockets: nothing passed for 400 ms'),
      fault(
        2,
        'partition',
        'visitors->node',
        41_002,
        41_400,
        61_012,
        '2,000 sockets: nothing passed for 400 ms',
      ),
      fault(3, 'worker_kill', 'node', 52_001, 52_100, 53_800, 'pid 4711 is gone, pid 4733 took its place'),
    ],
    verdicts: invariants.map((invariant) => ({
      invariant,
      status: 'pass',
      checked: 48_210,
      violations: 0,
      evidence: [],
    })),
    detectMs: 2_100,
    recoverMs: 6_400,
    leftFaults: [],
    counts: {
      sends: 48_522,
      acks: 48_210,
      retries: 1_904,
      resumes: 2_112,
      resets: 0,
      unknown: 0,
      readBack: 48_210,
    },
    series: Array.from({ length: 78 }, (_, i) => second(i - 2)),
    ...more,
  }
}

function step(n: number, at: number, until: number | undefined, fault: string, on: string) {
  return { n, at, until, fault, on, params: {}, momentary: until === undefined }
}

function fault(
  n: number,
  kind: string,
  on: string,
  injectedMs: number,
  verifiedMs: number,
  healedMs: number,
  proof: string,
): FaultRecord {
  return { n, fault: kind, on, injectedMs, verifiedMs, healedMs, proof, trouble: undefined }
}

// Calm but for the two partitions: without agents nothing is answered, without visitors nothing is acked at all.
function second(s: number): Second {
  const cut = s >= 42 && s < 61
  const back = s >= 61 && s < 66
  return {
    t: s * 1_000,
    acks: cut ? 0 : back ? 1_700 : 1_000 + (s % 5) * 12,
    errors: cut && s > 46 ? 30 + (s % 4) * 20 : 0,
    p50Ms: cut ? undefined : back ? 1_400 : 1.1 + (s % 3) * 0.2,
    p99Ms: cut ? undefined : back ? 9_800 - (s - 61) * 1_800 : 4.9 + (s % 7) * 0.6,
    visitors: cut && s > 44 ? 0 : s === 61 ? 900 : 2_000,
    agents: s >= 21 && s < 35 ? 0 : 40,
    unknown: cut ? (s - 41) * 31 : back ? 300 - (s - 61) * 60 : 0,
    queued: s >= 22 && s < 36 ? (s - 21) * 4 : 2,
    rssBytes: (140 + Math.max(0, s) / 3) * 1024 * 1024,
  }
}
