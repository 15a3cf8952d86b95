import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HistoryEntry } from '../../chaos/check/history.ts'
import { resultInTest } from '../../chaos/report/experiment/result-in-test.ts'
import { loadTexts } from '../i18n/texts.ts'
import { testCli } from '../state-in-test.ts'
import { chaosCheckCommand } from './chaos-check.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kf-chaos-check-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

const place = {
  conversation: 'k1',
  stream: 'public',
  seq: 1,
  id: 'c1',
  from: 'v1',
  role: 'visitor',
  hash: 7,
} as const
const kept: readonly HistoryEntry[] = [
  { t: 0, p: 'harness', e: 'phase', phase: 'baseline' },
  { t: 1, p: 'v1', e: 'up', conn: 1, you: { role: 'visitor', id: 'v1' } },
  { t: 2, p: 'v1', e: 'invoke', id: 'c1', conn: 1, hash: 7, stream: 'public' },
  { t: 3, p: 'v1', e: 'ok', id: 'c1', conversation: 'k1', stream: 'public', seq: 1 },
  { t: 4, p: 'reader', e: 'read', ...place },
  {
    t: 5,
    p: 'reader',
    e: 'read-end',
    conversation: 'k1',
    stream: 'public',
    head: 1,
    owner: null,
    state: 'queued',
  },
  { t: 6, p: 'harness', e: 'phase', phase: 'end' },
]
// The same message a second time, one place later.
const twice: readonly HistoryEntry[] = [
  ...kept.slice(0, 5),
  { t: 4.5, p: 'reader', e: 'read', ...place, seq: 2 },
  {
    t: 5,
    p: 'reader',
    e: 'read-end',
    conversation: 'k1',
    stream: 'public',
    head: 2,
    owner: null,
    state: 'queued',
  },
  { t: 6, p: 'harness', e: 'phase', phase: 'end' },
]

async function check(history: readonly HistoryEntry[], ...flags: readonly string[]) {
  await writeFile(
    join(folder, 'history.jsonl'),
    history.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
  )
  const cli = testCli([], { cwd: folder })
  const exit = { code: 0 }
  const command = chaosCheckCommand({ state: cli.state, texts: await loadTexts('en'), exit })
  await command.exitOverride().parseAsync(['history.jsonl', ...flags], { from: 'user' })
  return { code: exit.code, lines: cli.out().trimEnd().split('\n') }
}

/** A result beside it that asks for these promises alone. */
async function ask(invariants: ReturnType<typeof resultInTest>['experiment']['checks']['invariants']) {
  const { experiment, ...rest } = resultInTest()
  const checks = { ...experiment.checks, invariants, minimum: { acks: 1, retries: 0, resumes: 0 } }
  await writeFile(
    join(folder, 'result.json'),
    JSON.stringify({ ...rest, experiment: { ...experiment, checks } }),
  )
}

test('what the run beside it asks for is judged, and no more', async () => {
  await ask(['no_acked_loss', 'no_duplicate'])
  expect(await check(kept)).toEqual({
    code: 0,
    lines: [' ✓ no_acked_loss   1 checked', ' ✓ no_duplicate    1 checked'],
  })
})

test('a broken promise exits with 5 and names the lines that show it', async () => {
  await ask(['no_acked_loss', 'no_duplicate'])
  const { code, lines } = await check(twice)
  expect(code).toBe(5)
  expect(lines[0]).toMatch(/^ ✗ no_duplicate {4}1 of \d+: /)
  expect(lines[1]?.trim()).toBe('history.jsonl:4 ack 1  :6 read 2')
})

test('alone it is asked for every promise, and what cannot be judged exits with 6', async () => {
  const { code, lines } = await check(kept)
  expect(code).toBe(6)
  expect(lines).toHaveLength(12)
  expect(lines.join('\n')).toContain(' ? no_false_ack')
})

test('--json prints the verdicts', async () => {
  await ask(['no_duplicate'])
  const { lines } = await check(twice, '--json')
  expect(JSON.parse(lines.join('\n'))).toMatchObject([{ invariant: 'no_duplicate', status: 'fail' }])
})
