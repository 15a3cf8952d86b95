import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { adminToken, prepareFolder } from './folder.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kf-folder-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe('the data folder', () => {
  it('is created for its user only', async () => {
    const folder = join(root, 'a', 'b')
    await prepareFolder(folder)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect((await stat(join(folder, 'run'))).isDirectory()).toBe(true)
    await prepareFolder(folder)
  })

  it('cannot be a file', async () => {
    const file = join(root, 'file')
    await writeFile(file, 'mine')
    await expect(prepareFolder(file)).rejects.toMatchObject({
      code: 'folder_unwritable',
      message: `the data folder ${file} cannot be used: a file stands in its place`,
    })
    expect(await readFile(file, 'utf8')).toBe('mine')
  })

  it('cannot lie below a file', async () => {
    const file = join(root, 'file')
    await writeFile(file, 'mine')
    await expect(prepareFolder(join(file, 'data'))).rejects.toMatchObject({ code: 'folder_unwritable' })
  })

  it('keeps one administrative token, readable by its user only', async () => {
    const token = await adminToken(root)
    expect(token).toMatch(/^[\w-]{43}$/)
    expect((await stat(join(root, 'admin.token'))).mode & 0o777).toBe(0o600)
    expect(await adminToken(root)).toBe(token)
  })
})
