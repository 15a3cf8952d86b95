import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cachedProgram } from '../tools/locate.ts'
import { toolNamed } from '../tools/tools.ts'
import { endAfterwards, endAllAfterEach, realToxiproxy, thisHost } from './links-in-test.ts'
import { startToxiproxy } from './toxiproxy.ts'
import { toxiproxyApi } from './toxiproxy-api.ts'
import { toxiproxyProgram } from './toxiproxy-program.ts'

endAllAfterEach()

/** A machine in a folder, with these shell scripts on PATH. */
function machine(scripts: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'kf-toxiproxy-'))
  endAfterwards(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const put = (path: string, script: string): string => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `#!/bin/sh\n${script}\n`)
    chmodSync(path, 0o755)
    return path
  }
  for (const [name, script] of Object.entries(scripts)) put(join(folder, 'bin', name), script)
  const host = {
    env: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, XDG_CACHE_HOME: join(folder, 'cache') },
    home: folder,
    platform: 'linux-x64',
  }
  return { folder, host, put, bin: join(folder, 'bin') }
}

const saysVersion = (version: string): string => `echo toxiproxy-server version ${version}`
const ignored = { onTrouble: () => {} }

describe('which program', () => {
  it('none anywhere is an error that says how to get it', async () => {
    await expect(startToxiproxy({ host: machine().host, ...ignored })).rejects.toMatchObject({
      code: 'toxiproxy_missing',
      message: 'links are proxies of Toxiproxy, and toxiproxy-server 2.12.0 is not here',
      hint: 'kf tools install toxiproxy gets it',
    })
  })

  it.each([
    ['2.5.0', '2.5.0'],
    ['git', 'nothing'],
  ])('one that calls itself %s is refused, with what helps', async (version, said) => {
    const { host, bin } = machine({ 'toxiproxy-server': saysVersion(version) })
    await expect(startToxiproxy({ host, ...ignored })).rejects.toMatchObject({
      code: 'toxiproxy_version',
      message: `${join(bin, 'toxiproxy-server')} says it is ${said}; version 2.12.0 is needed`,
      hint: 'kf tools install toxiproxy gets it once this one is off PATH; or name another with KF_TOXIPROXY',
    })
  })

  it('one named by KF_TOXIPROXY is meant, so nothing else is taken', async () => {
    const { host, folder, put } = machine({ 'toxiproxy-server': saysVersion('2.12.0') })
    const named = put(join(folder, 'own'), saysVersion('2.11.0'))
    const asNamed = { ...host, env: { ...host.env, KF_TOXIPROXY: named } }
    await expect(toxiproxyProgram(asNamed)).rejects.toMatchObject({
      code: 'toxiproxy_version',
      message: `${named} says it is 2.11.0; version 2.12.0 is needed`,
      hint: 'leave KF_TOXIPROXY out and run kf tools install toxiproxy',
    })
  })

  it('another version on PATH does not hide the right one that kf has installed', async () => {
    const { host, put } = machine({ 'toxiproxy-server': saysVersion('2.5.0') })
    const cached = put(cachedProgram(toolNamed('toxiproxy'), host), saysVersion('2.12.0'))
    expect(await toxiproxyProgram(host)).toBe(cached)
  })
})

describe('its life', () => {
  it('answers on a loopback port of its own, and is gone after stop', async () => {
    const { server, troubles, pids } = await realToxiproxy()
    expect(server.api).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await toxiproxyApi(server.api).version()).toBe('2.12.0')
    expect(pids).toEqual([server.pid()])
    await server.stop()
    await server.stop()
    expect(server.pid()).toBeUndefined()
    await expect(toxiproxyApi(server.api).version()).rejects.toMatchObject({ code: 'toxiproxy_gone' })
    expect(troubles).toEqual([])
  })

  it('two at a time do not meet', async () => {
    const [one, other] = await Promise.all([realToxiproxy(), realToxiproxy()])
    expect(one.server.api).not.toBe(other.server.api)
  })

  it('its death in the middle of a run is reported once, with what ended it', async () => {
    const { server, troubles } = await realToxiproxy()
    process.kill(server.pid() ?? 0, 'SIGKILL')
    while (troubles.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(troubles.map(({ code, message }) => [code, message])).toEqual([
      ['toxiproxy_died', `Toxiproxy at ${server.api} ended by itself (SIGKILL), and every link with it`],
    ])
    expect(server.pid()).toBeUndefined()
    await server.restart()
    expect(await toxiproxyApi(server.api).version()).toBe('2.12.0')
    expect(troubles).toHaveLength(1)
  })

  it('one that ends at once is an error with what it said', async () => {
    const { host, bin } = machine({
      'toxiproxy-server': `if [ "$1" = -version ]; then ${saysVersion('2.12.0')}; else echo cannot listen >&2; exit 3; fi`,
    })
    const program = join(bin, 'toxiproxy-server')
    await expect(startToxiproxy({ host, ...ignored })).rejects.toMatchObject({
      code: 'toxiproxy_start',
      message: expect.stringMatching(
        new RegExp(`^${program} on port \\d+ ended at once \\(exit code 3\\): cannot listen$`),
      ) as unknown,
    })
  })

  it('what cannot be written to the undo log is not left running', async () => {
    const started: number[] = []
    await expect(
      startToxiproxy({
        host: thisHost(),
        ...ignored,
        onStarted: (pid) => {
          started.push(pid)
          return Promise.reject(new Error('the disk is full'))
        },
      }),
    ).rejects.toThrow('the disk is full')
    expect(started).toHaveLength(1)
    for (const pid of started) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})
