import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { UndoStep } from '../../chaos/fault/fault.ts'
import { loadTexts } from '../i18n/texts.ts'
import { testCli } from '../state-in-test.ts'
import { chaosHealCommand } from './chaos-heal.ts'

let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'kf-heal-'))
})
afterEach(async () => {
  await rm(home, { recursive: true })
})

async function heal(steps: readonly UndoStep[], ...flags: readonly string[]) {
  const folder = join(home, 'kf', 'chaos')
  mkdirSync(folder, { recursive: true })
  if (steps.length > 0) {
    const lines = steps.map((step, i) => `${JSON.stringify({ n: i + 1, step })}\n`)
    writeFileSync(join(folder, 'undo-abc.jsonl'), lines.join(''))
  }
  const cli = testCli([], { env: { XDG_STATE_HOME: home } })
  const exit = { code: 0 }
  const command = chaosHealCommand({ state: cli.state, texts: await loadTexts('en'), exit })
  await command.exitOverride().parseAsync(flags, { from: 'user' })
  return { code: exit.code, out: cli.out() }
}

test('without an undo log there is nothing to heal', async () => {
  expect(await heal([])).toEqual({ code: 0, out: 'nothing is left to heal\n' })
})

test('what a killed run has left is undone, once', async () => {
  const left = join(home, 'kf-chaos-data')
  mkdirSync(left)
  expect(await heal([{ do: 'remove', path: left }])).toEqual({ code: 0, out: 'undone: 1 step\n' })
  expect(existsSync(left)).toBe(false)
  expect(await heal([])).toEqual({ code: 0, out: 'nothing is left to heal\n' })
})

test('what would not heal is named, and exits with 1', async () => {
  const { code, out } = await heal([{ do: 'remove', path: '/elsewhere' }], '--json')
  expect(code).toBe(1)
  expect(JSON.parse(out)).toEqual({ healed: 0, left: [expect.stringContaining('/elsewhere: ')] })
})
