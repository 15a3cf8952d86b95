import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCli } from '../program.ts'
import { testCli } from '../state-in-test.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kf-compare-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function result(name: string, avg: number, valid = true): string {
  const path = join(folder, `${name}.json`)
  const row = {
    concurrency: 10,
    avg_ms: avg,
    sent: 10,
    errors: 0,
    lost: 0,
    duplicated: 0,
    out_of_order: 0,
    valid,
  }
  const rest = {
    command: 'kf bench',
    seed: 7,
    mode: 'open',
    rate: 0.5,
    machine: {},
    versions: {},
    duration_s: 1,
  }
  writeFileSync(path, JSON.stringify({ ...rest, rows: [row] }))
  return path
}

test.each([
  ['the same', 2, true, [], 0],
  ['faster', 1, true, [], 0],
  ['slower beyond the bound', 3, true, [], 5],
  ['slower within a wide one', 3, true, ['--tolerance', '60%'], 0],
  ['invalid', 2, false, [], 6],
  ['invalid, but forced', 2, false, ['--force'], 0],
])('after is %s: exit code', async (_, avg, valid, flags, code) => {
  const { state } = testCli(['bench', 'compare', result('a', 2), result('b', avg, valid), ...flags])
  expect(await runCli(state)).toBe(code)
})

test('--json prints the comparison', async () => {
  const { state, out } = testCli(['bench', 'compare', '--json', result('a', 2), result('b', 3)])
  expect(await runCli(state)).toBe(5)
  expect(JSON.parse(out())).toMatchObject({
    worse: true,
    rows: [
      { concurrency: 10, metrics: [{ metric: 'avg_ms', ratio: 1.5, judgement: 'worse' }, {}, {}, {}, {}] },
    ],
  })
})

test('--html writes the comparison as a page beside what is printed; where it cannot, it says why', async () => {
  const page = join(folder, 'page.html')
  const { state, out } = testCli(['bench', 'compare', '--html', page, result('a', 2), result('b', 3)])
  expect(await runCli(state)).toBe(5)
  expect(out()).toContain('WORSE')
  expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<span class="badge bad">WORSE<\/span>/)
  const nowhere = join(folder, 'none', 'page.html')
  const failed = testCli([
    '--lang',
    'zh',
    'bench',
    'compare',
    '--html',
    nowhere,
    result('a', 2),
    result('b', 2),
  ])
  expect(await runCli(failed.state)).toBe(1)
  expect(failed.err()).toContain(`kf: ${nowhere} 无法写入（ENOENT）；请用 --html 指定`)
})

test('what cannot be compared is told in Chinese, and so is what was compared all the same', async () => {
  const sides = [result('a', 2), result('b', 2, false)]
  const refused = testCli(['--lang', 'zh', 'bench', 'compare', ...sides])
  expect(await runCli(refused.state)).toBe(6)
  expect(refused.err()).toMatch(/^kf: \S+b\.json 的 10 行无效：；kf bench compare --force 会仍然比较\n$/)
  const forced = testCli(['--lang', 'zh', 'bench', 'compare', '--force', ...sides])
  expect(await runCli(forced.state)).toBe(0)
  expect(forced.out()).toMatch(/ ! 仍然比较，尽管 \S+b\.json 的 10 行无效：/)
})

test('a tolerance that is no percentage is refused', async () => {
  const { state, err } = testCli(['bench', 'compare', '--tolerance', 'much', result('a', 2), result('b', 2)])
  expect(await runCli(state)).toBe(1)
  expect(err()).toContain('--tolerance much: a number from 0 to 1000 is needed, in percent')
})
