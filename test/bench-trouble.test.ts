import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runBench } from '../src/chaos/load/bench.ts'
import { takeSample } from '../src/chaos/load/sampling.ts'
import { thisProcess } from '../src/chaos/load/this-process.ts'
import type { Flow } from '../src/chaos/scenario/scenario.ts'
import { ownKf } from '../src/chaos/targets/kf.ts'

const launcher = fileURLToPath(new URL('../bin/kf', import.meta.url))

const flow: Flow = {
  name: 'ask and thank',
  weight: 1,
  steps: [
    { do: 'send', text: { from: 'list', list: 'mixed' } },
    { do: 'expect', what: 'answer', withinMs: 60_000 },
    { do: 'think', meanMs: 50, spread: 'exponential' },
    { do: 'send', text: { from: 'given', texts: ['谢谢', 'thanks'] } },
    { do: 'deliver', withinMs: 60_000 },
  ],
}

// Two generators: half of the deliveries are seen by a process that the visitor is not in.
test('cut off and back over and over, walking flows, visitors and agents lose, double and disorder nothing', async () => {
  const dataRoot = mkdtempSync(join(tmpdir(), 'kf-trouble-test-'))
  try {
    const [measured] = await runBench(
      {
        target: ownKf({ serve: [process.execPath, launcher, 'serve'], dataRoot }),
        ownServer: false,
        concurrency: [40],
        mode: 'open',
        rate: 1,
        warmupMs: 0,
        durationMs: 6_000,
        seed: 7,
        agents: undefined,
        visitorsPerAgent: 10,
        workers: 2,
        generators: 2,
        answers: true,
        disk: null,
        flows: [flow],
        ramp: { connectPerSecond: 400, overMs: 500 },
        trouble: { reconnectPerMinute: 15, slowReaders: 0 },
      },
      {
        ...thisProcess,
        sample: takeSample,
        wall: Date.now,
        coreCount: 2,
        signal: new AbortController().signal,
        onEvent: () => {},
      },
    )
    const { row, integrity, visits, series } = measured?.outcome ?? {}
    expect(row).toMatchObject({ connected: 40, errors: 0, lost: 0, duplicated: 0, out_of_order: 0 })
    expect(row?.acked).toBe(row?.sent)
    expect(integrity).toMatchObject({ undelivered: 0, answersUnacked: 0, readBackComplete: 40 })
    expect(visits?.reconnects).toBeGreaterThan(20)
    expect(visits?.resumes).toBe(visits?.reconnects)
    expect(visits?.flows).toMatchObject([{ name: 'ask and thank', failed: 0 }])
    expect(visits?.flows[0]?.finished).toBeGreaterThan(40)
    expect(series?.seconds.reduce((sum, second) => sum + second.resumes, 0)).toBeGreaterThan(20)
  } finally {
    rmSync(dataRoot, { recursive: true, force: true })
  }
})
