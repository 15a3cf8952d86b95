import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fakeTool, removeHostsAfterEach, testHost } from './host-in-test.ts'
import { cachedProgram, cacheFolder, locate } from './locate.ts'

removeHostsAfterEach()

describe('a tool', () => {
  it('is nowhere at first', async () => {
    expect(await locate(fakeTool, testHost().context())).toBeUndefined()
  })

  it('is found in the cache, then before it on PATH, then before both by its variable', async () => {
    const host = testHost()
    const context = host.context()
    const cached = cachedProgram(fakeTool, context)
    mkdirSync(dirname(cached), { recursive: true })
    symlinkSync(host.put('other', 'echo kfake version 1.2.3'), cached)
    expect(await locate(fakeTool, context)).toEqual({ path: cached, where: 'cache', version: '1.2.3' })
    const onPath = host.put('kfake-server', 'echo "kfake version 1.1.0 (git)"')
    expect(await locate(fakeTool, context)).toEqual({ path: onPath, where: 'path', version: '1.1.0' })
    const named = host.put('mine', 'echo v2.0.0-rc1')
    const env = { ...context.env, KF_KFAKE: named }
    expect(await locate(fakeTool, { ...context, env })).toEqual({
      path: named,
      where: 'variable',
      version: '2.0.0-rc1',
    })
  })

  it('that its variable names and that is not there is an error, not another one', async () => {
    const host = testHost()
    host.put('kfake-server', 'echo 1.2.3')
    const context = host.context()
    await expect(
      locate(fakeTool, { ...context, env: { ...context.env, KF_KFAKE: '/nowhere/kfake' } }),
    ).rejects.toMatchObject({
      code: 'tool_variable',
      message: 'KF_KFAKE=/nowhere/kfake: there is no program that may be run',
    })
  })

  it('has no version when it fails or says none', async () => {
    const host = testHost()
    host.put('kfake-server', 'echo 1.2.3; exit 1')
    expect((await locate(fakeTool, host.context()))?.version).toBeNull()
    host.put('kfake-server', 'echo git')
    expect((await locate(fakeTool, host.context()))?.version).toBeNull()
  })

  it('is no folder and no file that may not be run', async () => {
    const host = testHost()
    mkdirSync(join(host.bin, 'kfake-server'))
    expect(await locate(fakeTool, host.context())).toBeUndefined()
    const other = testHost()
    writeFileSync(join(other.bin, 'kfake-server'), 'text', { mode: 0o644 })
    expect(await locate(fakeTool, other.context())).toBeUndefined()
  })

  it('has its cache where XDG says, else below the home folder', () => {
    const host = { env: {}, home: '/home/ann', platform: 'linux-x64' }
    expect(cacheFolder(host)).toBe('/home/ann/.cache/kf/tools')
    expect(cacheFolder({ ...host, env: { XDG_CACHE_HOME: '/var/cache/ann' } })).toBe(
      '/var/cache/ann/kf/tools',
    )
    // The specification has relative paths ignored.
    expect(cacheFolder({ ...host, env: { XDG_CACHE_HOME: 'cache' } })).toBe('/home/ann/.cache/kf/tools')
  })
})
