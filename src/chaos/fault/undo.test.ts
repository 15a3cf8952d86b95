import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { UndoStep } from './fault.ts'
import { createUndoLog, crossOut, openSteps } from './undo.ts'

let root: string
let file: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kf-undo-'))
  file = join(root, 'undo-a.jsonl')
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

const mount: UndoStep = { do: 'unmount', path: '/x/kf-chaos-1' }
const folder: UndoStep = { do: 'remove', path: '/x/kf-chaos-1' }

test('a step stands in the file before it is said to be written, and is crossed out by a line of its own', async () => {
  const log = await createUndoLog(file)
  const first = await log.write(folder)
  expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify({ n: 1, step: folder })}\n`)
  await log.write(mount)
  await first.done()
  await first.done()
  expect(readFileSync(file, 'utf8').split('\n').slice(2)).toEqual(['{"done":1}', ''])
  expect(await openSteps(file)).toEqual([{ n: 2, step: mount }])
  expect(log.open()).toEqual([{ n: 2, step: mount }])
  await log.close()
})

test('steps written at once have a line each, in their order', async () => {
  const log = await createUndoLog(file)
  await Promise.all([log.write(folder), log.write(mount), log.write(folder)])
  await log.close()
  expect((await openSteps(file)).map(({ n, step }) => [n, step.do])).toEqual([
    [1, 'remove'],
    [2, 'unmount'],
    [3, 'remove'],
  ])
})

test('a log that is opened again goes on counting', async () => {
  const before = await createUndoLog(file)
  await (await before.write(folder)).done()
  await before.write(folder)
  await before.close()
  const log = await createUndoLog(file)
  await log.write(mount)
  await log.close()
  expect((await openSteps(file)).map(({ n }) => n)).toEqual([2, 3])
  await crossOut(file, [2, 3])
  expect(await openSteps(file)).toEqual([])
})

test('a folder that cannot be written is an error that names the file', async () => {
  const nowhere = join(root, 'no', 'undo-a.jsonl')
  await expect(createUndoLog(nowhere)).rejects.toMatchObject({ code: 'undo_log', params: { file: nowhere } })
})
