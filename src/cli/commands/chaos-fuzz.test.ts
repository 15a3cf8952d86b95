import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { head, testKinds } from '../../chaos/experiment/experiment-in-test.ts'
import { loadExperiment } from '../../chaos/experiment/load.ts'
import { failedRun, resultInTest } from '../../chaos/report/experiment/result-in-test.ts'
import { KfError } from '../../core/errors.ts'
import { loadTexts } from '../i18n/texts.ts'
import { testCli } from '../state-in-test.ts'
import { chaosFuzzCommand, type FuzzWorld } from './chaos-fuzz.ts'
import type { RunRequest } from './chaos-run-one.ts'

let out = ''
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'kf-chaos-fuzz-'))
})
afterEach(async () => {
  await rm(out, { recursive: true })
})

const sink = loadExperiment(
  `${head}random:
  for: 40s
  every: random(1s, 4s)
  faults:
    - { fault: kill }
    - { fault: disk_full, for: 3s }
`,
  'sink.yml',
  testKinds,
)

const hasKill = ({ experiment }: RunRequest): boolean =>
  experiment.method.some(({ fault }) => fault === 'kill')

/** A world without nodes, where `breaks` says which runs break a promise. */
function world(breaks: (request: RunRequest) => boolean, more: Partial<FuzzWorld> = {}): FuzzWorld {
  return {
    find: () => Promise.resolve(sink),
    kinds: testKinds,
    missingOf: () => Promise.resolve([]),
    run: (request) =>
      Promise.resolve({ ...(breaks(request) ? failedRun : resultInTest()), experiment: request.experiment }),
    ...more,
  }
}

async function fuzz(argv: readonly string[], asked: FuzzWorld, cli = testCli([])) {
  const exit = { code: 0 }
  const command = chaosFuzzCommand({ state: cli.state, texts: await loadTexts('en'), exit }, asked)
  await command.exitOverride().parseAsync([...argv, '--out', out], { from: 'user' })
  return { code: exit.code, out: cli.out(), err: cli.err() }
}

describe('kf chaos fuzz', () => {
  test('writes the shortest schedule that breaks a promise as a scenario, with the report of each such run', async () => {
    const ran = await fuzz(['--seeds', '2', '--first', '7'], world(hasKill))
    expect(ran.code).toBe(5)
    expect(ran.out).toBe('0 passed, 0 unknown, 2 failed\n')
    expect(ran.err).toContain('seed 7   FAIL no_duplicate; looking for the shortest schedule\n')
    const names = await readdir(out)
    expect(names.filter((name) => name.endsWith('.yml')).toSorted()).toEqual(['fuzz-7.yml', 'fuzz-8.yml'])
    expect(names).toContain(`${new Date().toISOString().slice(0, 10)}-chaos-fuzz-7`)
    const written = loadExperiment(await readFile(join(out, 'fuzz-8.yml'), 'utf8'), 'fuzz-8.yml', testKinds)
    expect(written.method).toEqual([{ at: { ms: 5_000 }, fault: 'kill', on: 'node', params: {} }])
    expect(written.seed).toBe(8)
  })

  test('leaves nothing behind of runs that broke nothing', async () => {
    const ran = await fuzz(
      ['--seeds', '3', '--json'],
      world(() => false),
    )
    expect(ran.code).toBe(0)
    expect(JSON.parse(ran.out)).toEqual({ passed: [1, 2, 3], unknown: [], failed: [] })
    expect(await readdir(out)).toEqual([])
  })

  test('leaves nothing behind of a run that could not start either', async () => {
    const asked = world(() => false, {
      run: () => Promise.reject(new KfError('chaos_busy', 'one runs already')),
    })
    await expect(fuzz(['--seeds', '1'], asked)).rejects.toThrow('one runs already')
    expect(await readdir(out)).toEqual([])
  })

  test('exits 6 where something could not be judged', async () => {
    const ran = await fuzz(
      ['--seeds', '1'],
      world(() => false, {
        run: () =>
          Promise.resolve(resultInTest({ status: 'unknown', reasons: ['kill was not seen to fire'] })),
      }),
    )
    expect(ran.code).toBe(6)
    expect(ran.err).toContain('seed 1   UNKNOWN: kill was not seen to fire\n')
  })

  test('draws only from faults that can happen here, and says which are left out', async () => {
    const seen = new Set<string>()
    const ran = await fuzz(
      ['--seeds', '5'],
      world(
        ({ experiment }) => {
          for (const { fault } of experiment.method) seen.add(fault)
          return false
        },
        { missingOf: (needs) => Promise.resolve(needs.filter((need) => need === 'strace')) },
      ),
    )
    expect(ran.err).toContain('left out: disk_full, which needs strace\n')
    expect([...seen]).toEqual(['kill'])
  })

  test('a signal ends it after the run that goes on, with 130', async () => {
    const cli = testCli([])
    const ran = await fuzz(
      ['--seeds', '50'],
      world(() => {
        cli.signal('SIGINT')
        return false
      }),
      cli,
    )
    expect(ran.code).toBe(130)
    expect(ran.out).toBe('1 passed, 0 unknown, 0 failed\n')
  })

  test.each([
    [['--seeds', 'many'], '--seeds many: a whole number from 1 to 100000 is needed'],
    [['--tries', '-1'], '--tries -1: a whole number from 0 to 10000 is needed'],
  ])('refuses %j', async (argv, message) => {
    await expect(
      fuzz(
        argv,
        world(() => false),
      ),
    ).rejects.toThrow(message)
  })

  test('refuses a scenario that draws nothing', async () => {
    const { random: _random, ...still } = sink
    const asked = world(() => false, { find: () => Promise.resolve(still) })
    await expect(fuzz(['mine'], asked)).rejects.toThrow('mine has no random faults to draw from')
  })
})
