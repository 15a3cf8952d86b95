import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { kfAtTerminal, runKf } from './support/cli.ts'

let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'kf-chaos-cli-'))
})
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true })
})

const scenario = `title: Does a cut link lose anything?
version: 1
seed: 3
workload: { visitors: 10, agents: 2, warmup: 1s }
method:
  - { at: 2s, fault: partition, on: visitors->node, for: 50s }
recovery: 5s
`

test('Ctrl-C in the middle of a fault heals, reports and exits with 130; meanwhile nobody else may break things', async () => {
  writeFileSync(join(cwd, 'cut.yml'), scenario)
  const how = { cwd, env: { XDG_STATE_HOME: join(cwd, 'state') } }
  const terminal = kfAtTerminal(['chaos', 'run', 'cut.yml'], how)
  await terminal.shows('partition visitors->node: verified')
  const second = await runKf(['chaos', 'run', 'cut.yml', '--out', 'other'], how)
  expect(second.code).toBe(1)
  expect(second.err).toMatch(/kf: a chaos scenario is running already: cut, process \d+; wait for its end/)
  terminal.type('\x03')
  expect(await terminal.ended).toBe(130)
  expect(terminal.shown()).toContain('kf: healing; a report follows')
  expect(terminal.shown()).toContain('ABORTED  interrupted   healed ✓ 0 faults left   exit 130')
  expect(terminal.shown()).toContain('again  kf chaos run cut.yml --seed 3')
  // The one that was refused left no folder behind.
  expect(readdirSync(join(cwd, 'other'))).toEqual([])
  const [name = ''] = readdirSync(join(cwd, 'reports'))
  const folder = join('reports', name)
  expect(readdirSync(join(cwd, folder)).toSorted()).toEqual([
    'history.jsonl',
    'index.html',
    'report.md',
    'result.json',
  ])
  const result: unknown = JSON.parse(readFileSync(join(cwd, folder, 'result.json'), 'utf8'))
  expect(result).toMatchObject({ status: 'aborted', interrupted: true, leftFaults: [] })
  expect((await runKf(['chaos', 'heal'], how)).out).toBe('nothing is left to heal\n')
  const again = await runKf(['--lang', 'zh', 'chaos', 'report', folder], how)
  expect(again.out).toContain('已中止  interrupted   已恢复 ✓ 剩余 0 个故障   exit 130')
})
