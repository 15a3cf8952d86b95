import { rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Experiment } from '../../chaos/experiment/experiment.ts'
import type { ExperimentResult } from '../../chaos/experiment/result.ts'
import { failedRun, resultInTest } from '../../chaos/report/experiment/result-in-test.ts'
import { KfError } from '../../core/errors.ts'
import { loadTexts } from '../i18n/texts.ts'
import { testCli } from '../state-in-test.ts'
import { type ChaosWorld, chaosRunCommand } from './chaos-run.ts'
import type { RunRequest } from './chaos-run-one.ts'

let root = ''
let out = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kf-chaos-run-'))
  out = root
})
afterEach(async () => {
  await rm(root, { recursive: true })
})

const { experiment } = resultInTest()
const named = (name: string, more: Partial<Experiment> = {}): Experiment => ({ ...experiment, name, ...more })
const kept = resultInTest()

/** A world without nodes: what each scenario gives is said by its name. */
function world(
  results: Readonly<Record<string, ExperimentResult | KfError>>,
  more: Partial<ChaosWorld> = {},
  onRun: (request: RunRequest) => void = () => {},
): ChaosWorld {
  return {
    find: (name) => Promise.resolve(named(name)),
    shipped: () => Promise.resolve(Object.keys(results).map((name) => named(name, { tags: [`of-${name}`] }))),
    kinds: new Map(),
    missingOf: () => Promise.resolve([]),
    run: (request) => {
      onRun(request)
      const result = results[request.experiment.name]
      if (result === undefined || result instanceof KfError)
        return Promise.reject(result ?? new Error('none'))
      return Promise.resolve({ ...result, experiment: request.experiment, command: request.command })
    },
    ...more,
  }
}

async function run(argv: readonly string[], asked: ChaosWorld, cli = testCli([])) {
  const exit = { code: 0 }
  const command = chaosRunCommand({ state: cli.state, texts: await loadTexts('en'), exit }, asked)
  await command.exitOverride().parseAsync([...argv, '--out', out], { from: 'user' })
  return { code: exit.code, out: cli.out(), err: cli.err() }
}

const folders = (): Promise<readonly string[]> => readdir(out)

describe('one scenario', () => {
  test('a run that keeps every promise exits 0 and leaves a report', async () => {
    const ran = await run(['latency'], world({ latency: kept }))
    expect(ran.code).toBe(0)
    expect(ran.out).toMatch(/^PASS {2}12 of 12 promises kept {3}healed ✓ 0 faults left\n/)
    const [folder = ''] = await folders()
    expect(folder).toMatch(/^\d{4}-\d\d-\d\d-chaos-latency$/)
    expect(ran.out).toContain(join(out, folder, 'index.html'))
    expect((await readdir(join(out, folder))).toSorted()).toEqual(['index.html', 'report.md', 'result.json'])
  })

  test.each([
    ['a broken promise', failedRun, 5],
    ['what cannot be judged', resultInTest({ status: 'unknown', reasons: ['too little happened'] }), 6],
    ['abort_if', resultInTest({ status: 'aborted', reasons: ['error_rate > 90%'] }), 6],
    ['a fault left behind', resultInTest({ status: 'aborted', leftFaults: ['x'] }), 5],
    ['a signal', resultInTest({ status: 'aborted', reasons: ['interrupted'], interrupted: true }), 130],
  ])('%s gives its exit code', async (_, result, code) => {
    expect((await run(['latency'], world({ latency: result }))).code).toBe(code)
  })

  test('another seed is run with, and stands in the command that repeats it', async () => {
    const asked: RunRequest[] = []
    const ran = await run(
      ['a b.yml', '--seed', '99'],
      world({ 'a b.yml': kept }, {}, (one) => asked.push(one)),
    )
    expect(asked[0]?.experiment.seed).toBe(99)
    expect(ran.out).toContain("again  kf chaos run 'a b.yml' --seed 99")
  })

  test('--for draws random faults for so long, and stands in that command, too', async () => {
    const asked: RunRequest[] = []
    const random = { fromMs: 5_000, forMs: 10_000, everyMs: { fromMs: 1_000, toMs: 1_000 }, choices: [] }
    const ran = await run(
      ['sink', '--for', '2m'],
      world({ sink: kept }, { find: () => Promise.resolve(named('sink', { random })) }, (one) =>
        asked.push(one),
      ),
    )
    expect(asked[0]?.experiment).toMatchObject({
      random: { forMs: 120_000 },
      safety: { ttlMs: experiment.safety.ttlMs + 110_000 },
    })
    expect(ran.out).toContain(`again  kf chaos run sink --seed ${experiment.seed} --for 2m`)
  })

  test('--for is refused where nothing is drawn', async () => {
    await expect(run(['latency', '--for', '2m'], world({ latency: kept }))).rejects.toThrow(
      '--for 2m: latency has no random faults',
    )
  })

  test('--json prints the result alone, and what goes on stands on the other stream', async () => {
    const ran = await run(['latency', '--json'], world({ latency: failedRun }))
    expect(JSON.parse(ran.out)).toMatchObject({ version: 1, status: 'fail', leftFaults: [] })
    expect(ran.err).toContain('kf chaos run latency')
    expect(ran.code).toBe(5)
  })

  test('a folder that cannot be written is said before anything runs', async () => {
    const asked: RunRequest[] = []
    out = join(out, 'file')
    await writeFile(out, '')
    const running = run(
      ['latency'],
      world({ latency: kept }, {}, (one) => asked.push(one)),
    )
    await expect(running).rejects.toMatchObject({ code: 'report_folder' })
    expect(asked).toEqual([])
  })

  test('a report that cannot be kept does not take the verdict along', async () => {
    const cli = testCli([])
    const asked = world(
      { latency: failedRun },
      {},
      // As a disk that fills up: what is written at the end has nowhere to go.
      ({ folder }) => {
        rmSync(folder, { recursive: true })
        writeFileSync(folder, '')
      },
    )
    await expect(run(['latency'], asked, cli)).rejects.toMatchObject({ code: 'report_folder' })
    expect(cli.out()).toMatch(/^FAIL {2}no_duplicate/)
    expect(cli.out()).not.toContain('index.html')
  })

  test('what keeps it from starting is thrown', async () => {
    const missing = new KfError('toxiproxy_missing', 'no toxiproxy-server')
    await expect(run(['latency'], world({ latency: missing }))).rejects.toBe(missing)
  })

  test('a missing tool is named with the command that gets it', async () => {
    const asked = world({ latency: kept }, { missingOf: () => Promise.resolve(['toxiproxy', 'strace']) })
    await expect(run(['latency'], asked)).rejects.toMatchObject({
      code: 'chaos_tools_missing',
      message: 'latency needs toxiproxy, strace, not to be found on this machine',
      hint: 'kf tools install toxiproxy && apt-get install strace',
    })
  })

  test('the first Ctrl-C asks for a clean end, a second one says that it is still healing', async () => {
    const cli = testCli([])
    let seen: AbortSignal | undefined
    const asked = world(
      {},
      {
        run: (request) => {
          seen = request.signal
          cli.signal('SIGINT')
          cli.signal('SIGINT')
          return Promise.resolve(
            resultInTest({ status: 'aborted', reasons: ['interrupted'], interrupted: true }),
          )
        },
      },
    )
    const ran = await run(['latency', 'jitter'], asked, cli)
    expect(seen?.aborted).toBe(true)
    expect(ran.err).toContain('kf: healing; a report follows\n')
    expect(ran.err).toContain('kf: still healing: wait for it.')
    expect(ran.code).toBe(130)
    expect(await folders()).toHaveLength(1)
  })
})

describe('several', () => {
  test('run one after the other, each with its report; the gravest counts', async () => {
    const ran = await run(['latency', 'jitter'], world({ latency: failedRun, jitter: kept }))
    expect(ran.code).toBe(5)
    expect(ran.err).toContain('latency   1/2')
    expect(ran.err).toContain('jitter   2/2')
    expect(await folders()).toHaveLength(2)
  })

  test('one that cannot start does not keep the others from running', async () => {
    const ran = await run(
      ['latency', 'jitter'],
      world({ latency: new KfError('x', 'no node'), jitter: kept }),
    )
    expect(ran.err).toContain('kf: no node\n')
    expect(ran.out).toContain('PASS')
    expect(ran.code).toBe(1)
  })

  test('with --json they are one array', async () => {
    const ran = await run(['a', 'b', '--json'], world({ a: kept, b: kept }))
    expect(JSON.parse(ran.out)).toHaveLength(2)
  })
})

describe('--all', () => {
  test('runs every shipped scenario and writes the resilience page beside the reports', async () => {
    const ran = await run(['--all'], world({ latency: kept, partition: failedRun }))
    expect(ran.code).toBe(5)
    expect(ran.out).toContain(`resilience page  ${join(out, 'resilience.md')}\n`)
    const page = await readFile(join(out, 'resilience.md'), 'utf8')
    expect(page).toContain('1 of 2 scenarios kept every promise')
    expect(page).toMatch(/\| \[partition\]\(\d{4}-\d\d-\d\d-chaos-partition\/report\.md\) \| FAIL \|/)
    expect(await readFile(join(out, 'resilience.html'), 'utf8')).toContain('<h1>kf · chaos</h1>')
  })

  test('a scenario whose tools are missing is shown as not run, and counts as unknown', async () => {
    let asked = 0
    const missingOf = () => Promise.resolve(asked++ === 0 ? [] : ['strace'])
    const ran = await run(['--all'], world({ latency: kept, 'fsync-error': kept }, { missingOf }))
    expect(ran.code).toBe(6)
    expect(ran.err).toContain('not run: needs strace\n')
    expect(await readFile(join(out, 'resilience.md'), 'utf8')).toContain(
      '| fsync-error | not run: needs strace | ? |',
    )
  })

  test('as JSON it stands among the results, with what it needs', async () => {
    const asked = world({ a: kept }, { missingOf: () => Promise.resolve(['strace']) })
    const ran = await run(['--all', '--json'], asked)
    expect(JSON.parse(ran.out)).toEqual({
      name: 'a',
      title: experiment.title,
      notRun: 'not run: needs strace',
    })
  })

  test('with --only-available it is shown and does not count', async () => {
    const asked = world({ a: kept }, { missingOf: () => Promise.resolve(['strace']) })
    expect((await run(['--all', '--only-available'], asked)).code).toBe(0)
  })

  test('--tag chooses among them, and says which there are', async () => {
    const asked = world({ latency: kept, jitter: failedRun })
    expect((await run(['--all', '--tag', 'of-latency'], asked)).code).toBe(0)
    await expect(run(['--all', '--tag', 'x'], asked)).rejects.toMatchObject({
      message: '--tag x: no shipped scenario has it',
      hint: 'there are of-jitter, of-latency',
    })
  })
})

test.each([
  [[], 'no scenario is named'],
  [['latency', '--all'], '--all runs every shipped scenario; latency cannot stand beside it'],
  [['latency', '--tag', 'ci'], '--tag chooses among all scenarios'],
  [['latency', '--seed', 'x'], '--seed x: a whole number from 0 to 4294967295 is needed'],
])('%j is refused before anything runs', async (argv, message) => {
  await expect(run(argv, world({ latency: kept }))).rejects.toMatchObject({ code: 'usage', message })
})

describe('a target on another host', () => {
  const far = (allowTargets: readonly string[]): ChaosWorld =>
    world(
      { far: kept },
      {
        find: (name) =>
          Promise.resolve(
            named(name, {
              topology: {
                kind: 'attached',
                url: 'http://chat.example:7000/',
                toxiproxy: 'http://127.0.0.1:8474',
                links: {},
              },
              safety: { ...experiment.safety, allowTargets },
            }),
          ),
      },
    )

  test('is refused unless the scenario allows it and the operator says so', async () => {
    const refused = { code: 'beyond_loopback', message: 'far: http://chat.example:7000/ is not on this host' }
    await expect(run(['far'], far([]))).rejects.toMatchObject({
      ...refused,
      hint: 'faults take a server down; if it is yours to break, add chat.example to safety.allow_targets and --yes-really',
    })
    await expect(run(['far'], far(['chat.example']))).rejects.toMatchObject(refused)
    await expect(run(['far', '--yes-really'], far([]))).rejects.toMatchObject(refused)
  })

  test('runs when both are there', async () => {
    expect((await run(['far', '--yes-really'], far(['chat.example']))).code).toBe(0)
  })
})
