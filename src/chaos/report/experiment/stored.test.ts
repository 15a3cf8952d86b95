import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { failedRun } from './result-in-test.ts'
import { deriveExperiment, readExperiment, writeExperiment } from './stored.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kf-chaos-report-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

const history = [
  { t: 100, p: 'harness', e: 'phase', phase: 'warmup' },
  { t: 3_100, p: 'harness', e: 'phase', phase: 'baseline' },
  { t: 9_000, p: 'v17', e: 'invoke', id: 'phase', conn: 1, hash: 1, stream: 'public' },
  { t: 14_000, p: 'v17', e: 'info', id: 'phase', why: 'timeout' },
  { t: 23_100, p: 'harness', e: 'phase', phase: 'fault' },
]
const [broken] = failedRun.verdicts.filter(({ status }) => status === 'fail')
const run = {
  ...failedRun,
  verdicts: broken === undefined ? [] : [{ ...broken, evidence: [{ text: 'twice', lines: [3, 4, 99] }] }],
}

async function put(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text)
}

test('pages take the lines of the evidence from the history, and when each phase began', async () => {
  await put('history.jsonl', history.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  const facts = await writeExperiment(folder, run, 'en')
  expect([...facts.lines]).toEqual([
    [3, history[2]],
    [4, history[3]],
  ])
  expect(facts.phases).toEqual([
    { phase: 'warmup', at: -3_000 },
    { phase: 'baseline', at: 0 },
    { phase: 'fault', at: 20_000 },
  ])
  expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain(
    '`history.jsonl:3 send  :4 timeout  :99`',
  )
})

test('the same facts give the same bytes, whenever they are derived', async () => {
  await put('history.jsonl', history.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  await writeExperiment(folder, run, 'en')
  const before = await readFile(join(folder, 'index.html'), 'utf8')
  await put('index.html', '')
  await deriveExperiment(folder, 'en')
  expect(await readFile(join(folder, 'index.html'), 'utf8')).toBe(before)
})

test('a history that was cut off in a line, or is gone, still gives pages', async () => {
  const [first = {}, second = {}] = history
  await put('history.jsonl', `${JSON.stringify(first)}\n${JSON.stringify(second)}\n{"t":9000,"p":"v1`)
  const torn = await writeExperiment(folder, run, 'en')
  expect(torn.lines.size).toBe(0)
  expect(torn.phases).toHaveLength(2)
  await rm(join(folder, 'history.jsonl'))
  const gone = await deriveExperiment(folder, 'zh')
  expect(gone.facts.phases).toEqual([])
  expect(await readFile(join(folder, 'index.html'), 'utf8')).toContain('<html lang="zh-CN">')
})

test('what kf chaos run did not write is refused, with what is wrong', async () => {
  const refusal = { code: 'not_a_chaos_report' }
  await expect(readExperiment(folder)).rejects.toMatchObject({
    ...refusal,
    message: `there is no ${join(folder, 'result.json')}`,
  })
  await put('result.json', '{"version":1,')
  await expect(readExperiment(folder)).rejects.toMatchObject({
    ...refusal,
    message: `${join(folder, 'result.json')} is not JSON`,
  })
  for (const text of [
    'null',
    '[]',
    '{}',
    '{"version":2}',
    '{"version":1,"experiment":{},"timeline":{},"counts":{}}',
  ]) {
    await put('result.json', text)
    await expect(readExperiment(folder)).rejects.toMatchObject({
      ...refusal,
      message: `${join(folder, 'result.json')} is not what kf chaos run writes`,
    })
  }
})
