import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { shippedExperiments } from '../../chaos/experiment/shipped.ts'
import { faultKinds } from '../../chaos/fault/kinds.ts'
import { runCli } from '../program.ts'
import { testCli } from '../state-in-test.ts'

let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'kf-chaos-scenarios-'))
})
afterEach(() => {
  rmSync(cwd, { recursive: true })
})

const mine = `version: 1
title: Is mine fine?
seed: 4
method: [{ at: 10s, fault: partition, on: agents->node, for: 5s }]
`

async function chaos(...argv: string[]) {
  const cli = testCli(['chaos', ...argv], { cwd })
  return { code: await runCli(cli.state), out: cli.out(), err: cli.err() }
}

describe('kf chaos list', () => {
  test('names every scenario with its question, then every fault; those that need more than Toxiproxy stand apart', async () => {
    const { code, out } = await chaos('list')
    expect(code).toBe(0)
    const [scenarios = '', faults = '', apart = ''] = out.split(/^(?=Faults)/m)
    const all = await shippedExperiments()
    expect(all.length).toBeGreaterThanOrEqual(19)
    for (const { name, title } of all) expect(scenarios).toMatch(line(name, title))
    for (const {
      name,
      needs,
      describe: { en },
    } of faultKinds.values())
      expect(needs.every((one) => one === 'toxiproxy') ? faults : apart).toMatch(line(name, en))
    expect(out).not.toContain('./scenarios/chaos')
  })

  test('speaks Chinese', async () => {
    const { out } = await chaos('list', '--lang', 'zh')
    expect(out).toMatch(/^场景\n/)
    expect(out).toMatch(line('partition', faultKinds.get('partition')?.describe.zh ?? ''))
  })

  test('shows the operator’s own, and which of them cannot be read', async () => {
    mkdirSync(join(cwd, 'scenarios', 'chaos'), { recursive: true })
    writeFileSync(join(cwd, 'scenarios', 'chaos', 'mine.yml'), mine)
    writeFileSync(join(cwd, 'scenarios', 'chaos', 'odd.yml'), 'version: 2')
    expect((await chaos('list')).out).toContain(
      'Scenarios in ./scenarios/chaos\n  mine  Is mine fine?\n  odd   cannot be read; see kf chaos validate\n',
    )
    expect(JSON.parse((await chaos('list', '--json')).out)).toMatchObject({
      own: [{ name: 'mine', title: 'Is mine fine?' }, { name: 'odd' }],
    })
  })
})

describe('kf chaos explain', () => {
  test.each(['smoke', 'smoke.yml'])('finds the shipped %s', async (name) => {
    const { code, out } = await chaos('explain', name)
    expect(code).toBe(0)
    expect(out).toMatch(/^smoke {3}"/)
  })

  test('prefers a file here, then ./scenarios/chaos', async () => {
    mkdirSync(join(cwd, 'scenarios', 'chaos'), { recursive: true })
    writeFileSync(join(cwd, 'scenarios', 'chaos', 'smoke.yml'), mine)
    expect((await chaos('explain', 'smoke')).out).toContain('"Is mine fine?"   seed 4\n')
    writeFileSync(join(cwd, 'smoke.yml'), mine.replace('mine fine', 'it here'))
    expect((await chaos('explain', 'smoke')).out).toContain('"Is it here?"   seed 4\n')
    expect((await chaos('explain', './scenarios/chaos/smoke')).out).toContain('"Is mine fine?"')
  })

  test('takes another seed, and gives the timeline as JSON', async () => {
    writeFileSync(join(cwd, 'mine.yml'), mine)
    const { out } = await chaos('explain', 'mine.yml', '--seed', '9', '--json')
    expect(JSON.parse(out)).toMatchObject({
      seed: 9,
      needs: ['toxiproxy'],
      experiment: { name: 'mine', seed: 4 },
      timeline: {
        baselineMs: 10_000,
        faultsEndMs: 15_000,
        endsMs: 30_000,
        steps: [{ n: 1, fault: 'partition' }],
      },
    })
  })

  test.each([
    [['explain', 'partitio'], 'kf: partitio: there is no such scenario; did you mean partition?\n'],
    [
      ['explain', './no.yml'],
      'kf: ./no.yml: there is no such file; kf chaos list shows the shipped scenarios\n',
    ],
    [
      ['explain', 'smoke', '--seed', '-1'],
      "kf: --seed -1: a whole number from 0 to 4294967295 is needed; leave it out for the scenario's own\n",
    ],
  ])('refuses %j', async (argv, err) => {
    expect(await chaos(...argv)).toEqual({ code: 1, out: '', err })
  })
})

describe('kf chaos validate', () => {
  test('goes through all files, says what is wrong with each, and exits 1', async () => {
    writeFileSync(join(cwd, 'mine.yml'), mine)
    writeFileSync(join(cwd, 'odd.yml'), mine.replace('partition', 'partitoin').replace('seed: 4', 'seed: x'))
    const { code, out, err } = await chaos('validate', 'mine.yml', 'odd.yml', 'none')
    expect(code).toBe(1)
    expect(out).toBe('mine.yml: fine, 1 fault\n')
    expect(err.split('\n')).toEqual([
      'kf: odd.yml:3:7: seed: "x" does not fit; a whole number from 0 to 4294967295 is needed',
      'kf:   3 | seed: x',
      'kf:     |       ^',
      'kf: odd.yml:4:28: method[0].fault: there is no fault partitoin; did you mean partition?',
      'kf:   4 | method: [{ at: 10s, fault: partitoin, on: agents->node, for: 5s }]',
      'kf:     |                            ^^^^^^^^^',
      expect.stringMatching(/^kf: none: there is no such scenario; /) as string,
      'kf: 2 of 3 cannot be run',
      '',
    ])
  })

  test('gives places as JSON', async () => {
    writeFileSync(join(cwd, 'odd.yml'), mine.replace('seed: 4', 'sed: 4'))
    const { code, out, err } = await chaos('validate', 'smoke', 'odd.yml', '--json')
    expect([code, err]).toEqual([1, ''])
    expect(JSON.parse(out)).toMatchObject([
      { file: 'scenarios/chaos/smoke.yml', ok: true, problems: [] },
      {
        file: 'odd.yml',
        ok: false,
        problems: [{ line: 3, column: 1, length: 3, message: 'sed: unknown key; did you mean seed?' }],
      },
    ])
  })

  test('every shipped scenario is fine', async () => {
    const names = (await shippedExperiments()).map(({ name }) => name)
    expect((await chaos('validate', ...names)).code).toBe(0)
  })
})

function line(name: string, text: string): RegExp {
  const quoted = (part: string): string => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^  ${quoted(name)} +${quoted(text)}`, 'm')
}
