import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { goodRow, measuredRow, reportOf } from '../../chaos/report/report-in-test.ts'
import { writeReport } from '../../chaos/report/write.ts'
import { runCli } from '../program.ts'
import { testCli } from '../state-in-test.ts'

let folder = ''
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kf-report-'))
  await writeReport(folder, reportOf([measuredRow(goodRow)]), [measuredRow(goodRow)])
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('makes a report again in the language asked for, and says where its page is', async () => {
  const { state, out } = testCli(['--lang', 'zh', 'bench', 'report', folder])
  expect(await runCli(state)).toBe(0)
  expect(out()).toBe(`报告  ${folder}/report.html\n`)
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('<html lang="zh-CN">')
  expect(readFileSync(join(folder, 'table.md'), 'utf8')).toContain('| 并发数 | 平均响应时间 | 错误率 |')
})

test('of a folder that is no report it says so in one line', async () => {
  const { state, err } = testCli(['bench', 'report', join(folder, 'raw')])
  expect(await runCli(state)).toBe(1)
  expect(err()).toBe(
    `kf: there is no ${join(folder, 'raw', 'result.json')}; name a folder that kf bench wrote, such as reports/2026-01-31-bench-kf-open\n`,
  )
})
