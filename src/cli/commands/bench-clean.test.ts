import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCli } from '../program.ts'
import { testCli } from '../state-in-test.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kf-clean-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('--data behind clean is the folder to clean, not the one to measure', async () => {
  const { state, err } = testCli(['bench', 'clean', '--data', folder])
  expect(await runCli(state)).toBe(1)
  expect(err()).toContain(`${folder} is not a data folder of kf`)
})

test.each([
  [['--target', 'http://127.0.0.1:1/'], 'needs the token of that node'],
  [['--target', 'ftp://127.0.0.1/', '--token-file', 'x'], 'an address like http://127.0.0.1:7001/ is needed'],
  [['--target', 'http://127.0.0.1:1/', '--data', 'x'], '--data and --target name two nodes'],
  [['--token-file', 'x'], '--token-file belongs to --target'],
])('refuses %o', async (flags, message) => {
  const { state, err } = testCli(['bench', 'clean', ...flags])
  expect(await runCli(state)).toBe(1)
  expect(err()).toContain(message)
})

test('over an address it shows the token and asks until the node is done', async () => {
  const asked: string[] = []
  const parts = [
    { site: 's', closed: 3, removed: 0, done: false },
    { site: 's', closed: 0, removed: 1_200, done: false },
    { site: 's', closed: 0, removed: 7, done: true },
  ]
  const node = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.authorization ?? ''}`)
    response.end(JSON.stringify(parts.shift()))
  })
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve))
  const { port } = node.address() as AddressInfo
  const token = join(folder, 'admin.token')
  writeFileSync(token, 'secret\n')
  const { state, out } = testCli([
    'bench',
    'clean',
    '--target',
    `http://127.0.0.1:${port}/`,
    '--token-file',
    token,
    '--json',
  ])
  const code = await runCli(state)
  node.close()
  expect(code).toBe(0)
  expect(JSON.parse(out())).toEqual({ site: 's', closed: 3, removed: 1_207 })
  expect(asked).toEqual(Array(3).fill('POST /admin/bench/clean Bearer secret'))
})
