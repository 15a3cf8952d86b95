import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchFolder } from './watch-folder.ts'

let root: string
let folder: string
let changes: number
let leave: () => void
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kf-test-'))
  folder = join(root, 'configs')
  mkdirSync(folder)
  changes = 0
  leave = watchFolder(folder, () => {
    changes += 1
  })
})
afterEach(() => {
  leave()
  rmSync(root, { recursive: true, force: true })
})

const edit = (): void => {
  writeFileSync(join(folder, 'server.toml'), '')
}

async function sees(change: () => void): Promise<void> {
  const before = changes
  change()
  await vi.waitFor(() => expect(changes).toBeGreaterThan(before), { timeout: 5_000 })
}

test('an edit is seen, also of a folder that was exchanged for another', async () => {
  await sees(edit)
  mkdirSync(join(root, 'next'))
  await sees(() => {
    renameSync(folder, join(root, 'last'))
    renameSync(join(root, 'next'), folder)
  })
  await sees(edit)
})

test('an edit is seen in a folder that was deleted and made anew', async () => {
  await sees(() => rmSync(folder, { recursive: true }))
  await sees(() => mkdirSync(folder))
  await sees(edit)
})

test('a link that is pointed elsewhere is a change', async () => {
  mkdirSync(join(root, 'v2'))
  symlinkSync('v2', join(root, 'link'))
  await sees(() => {
    renameSync(folder, join(root, 'last'))
    renameSync(join(root, 'link'), folder)
  })
  await sees(edit)
})
