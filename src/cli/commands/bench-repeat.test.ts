import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { en } from '../i18n/en.ts'
import { testCli } from '../state-in-test.ts'
import type { BenchFlags } from './bench-flags.ts'
import { repeated } from './bench-repeat.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kf-repeat-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function result(avg: number, rate = 0.5) {
  const counts = { sent: 10, errors: 0, lost: 0, duplicated: 0, out_of_order: 0, valid: true }
  const rest = { command: 'kf bench', seed: 7, mode: 'open', rate, machine: {}, versions: {}, duration_s: 1 }
  return { ...rest, rows: [{ concurrency: 10, avg_ms: avg, ...counts }] }
}

/** Runs `repeated` with runs that each find the next average and end with the next code. */
async function play(flags: Partial<BenchFlags>, averages: readonly number[], codes: readonly number[] = []) {
  const cli = testCli([])
  const context = { state: cli.state, texts: en, exit: { code: 0 } }
  let runs = 0
  await repeated({ agentReplies: true, out: folder, ...flags }, context, (once) => {
    const path = join(once.out, String(runs))
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'result.json'), JSON.stringify(result(averages[runs] ?? 1)))
    context.exit.code = codes[runs] ?? 0
    runs += 1
    return Promise.resolve()
  })
  return { runs, code: context.exit.code, said: cli.out() + cli.err() }
}

function baseline(...averages: readonly number[]): string {
  const path = join(folder, 'baseline')
  for (const [i, avg] of averages.entries()) {
    mkdirSync(join(path, String(i)), { recursive: true })
    writeFileSync(join(path, String(i), 'result.json'), JSON.stringify(result(avg)))
  }
  return path
}

test('each run has a report of its own, below one folder', async () => {
  expect(await play({ repeat: '3' }, [1, 2, 3])).toMatchObject({ runs: 3, code: 0 })
  const [root = ''] = readdirSync(folder)
  expect(root).toMatch(/-bench-x3$/)
  expect(readdirSync(join(folder, root))).toEqual(['0', '1', '2'])
})

test.each([
  [[0, 6, 0], 6],
  [[6, 5, 0], 5],
  [[0, 0, 0], 0],
])('codes %o end as the gravest of them', async (codes, code) => {
  expect((await play({ repeat: '3' }, [], codes)).code).toBe(code)
})

test('an interrupted run is the last one', async () => {
  expect(await play({ repeat: '5' }, [], [0, 130])).toMatchObject({ runs: 2, code: 130 })
})

test.each([
  [[2, 2.01, 2.02, 2.03], 0],
  [[3, 3.01, 3.02, 3.03], 5],
])('repeats of %o against a baseline of 2 exit with %i', async (averages, code) => {
  const path = baseline(2, 2.01, 2.02, 2.03)
  const played = await play({ repeat: '4', baseline: path }, averages)
  expect(played.code).toBe(code)
  expect(played.said).toContain('4 runs before, 4 after')
  const [root = ''] = readdirSync(folder).filter((name) => name.endsWith('x4'))
  expect(JSON.parse(readFileSync(join(folder, root, 'comparison.json'), 'utf8'))).toMatchObject({
    worse: code === 5,
  })
})

test('a baseline that is none is refused before anything runs', async () => {
  await expect(play({ baseline: join(folder, 'nowhere') }, [1])).rejects.toMatchObject({
    code: 'not_a_report',
  })
  await expect(play({ repeat: '0' }, [1])).rejects.toMatchObject({ code: 'usage' })
})

test('a baseline under another load is not compared, and the run says so', async () => {
  const path = join(folder, 'other.json')
  writeFileSync(path, JSON.stringify(result(2, 9)))
  const played = await play({ repeat: '2', baseline: path }, [2, 2])
  expect(played.code).toBe(1)
  expect(played.said).toContain('the runs differ in rate: 9 and 0.5')
})
