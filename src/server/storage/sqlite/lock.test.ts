import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockFile } from './lock.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kf-lock-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('a file is locked once, and again after it was released', async () => {
  const path = join(folder, 'writer.lock')
  const lock = await lockFile(path, { waitMs: 0 })
  await expect(lockFile(path, { waitMs: 0 })).rejects.toMatchObject({
    code: 'folder_in_use',
    message: `Another process holds ${path}; waited 0 ms for it.`,
  })
  lock.release()
  lock.release()
  const second = await lockFile(path, { waitMs: 0 })
  second.release()
})

test('who waits gets the lock when its holder lets go', async () => {
  const path = join(folder, 'writer.lock')
  const lock = await lockFile(path, { waitMs: 0 })
  const waiting = lockFile(path, { waitMs: 60_000 })
  lock.release()
  const second = await waiting
  second.release()
})

test('the kernel frees the lock of a process that was killed', async () => {
  const path = join(folder, 'writer.lock')
  const url = new URL('./lock.ts', import.meta.url).href
  const program = `import { lockFile } from ${JSON.stringify(url)}
    await lockFile(${JSON.stringify(path)}, { waitMs: 0 })
    console.log('locked')
    setInterval(() => undefined, 1_000)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  await expect(lockFile(path, { waitMs: 0 })).rejects.toMatchObject({ code: 'folder_in_use' })
  child.kill('SIGKILL')
  await once(child, 'exit')
  const lock = await lockFile(path, { waitMs: 0 })
  lock.release()
})

test('a lock that cannot be written names the folder', async () => {
  writeFileSync(join(folder, 'file'), '')
  await expect(lockFile(join(folder, 'absent', 'x.lock'), { waitMs: 0 })).rejects.toMatchObject({
    code: 'folder_unwritable',
    hint: 'Give the user that runs kf a folder of its own, or name another with --data.',
  })
})
