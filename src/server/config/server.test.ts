import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultSnapshot } from './assemble.ts'
import { chooseWorkers, workersFor } from './descriptors.ts'
import { hashOf } from './hash.ts'
import { initFile } from './init.ts'
import { allKeys } from './keys.ts'
import { type LoadedConfig, loadConfig } from './load.ts'
import { masked } from './masked.ts'
import { parseConfig } from './parse.ts'
import { configFileNames } from './snapshot.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kf-config-'))
  for (const name of ['configs', 'empty', 'good']) await mkdir(join(root, name))
  await writeFile(join(root, 'configs', 'server.toml'), 'listen = "127.0.0.1:8000"\nworkers = 0\n')
  await writeFile(
    join(root, 'good', 'server.toml'),
    'workers = 3\ndata = "data"\npublic_url = "https://a"\nadmin_token = "file:token"\n',
  )
  await writeFile(join(root, 'good', 'token'), 'a-token-of-some-length\n')
  await writeFile(join(root, 'good', '.#server.toml'), 'an editor wrote this')
  await writeFile(join(root, 'good', 'notes.txt'), 'no configuration')
})
afterAll(() => rm(root, { recursive: true, force: true }))

function load(folder: string | undefined, flags = {}, cwd = root): Promise<LoadedConfig> {
  return loadConfig({ folder, cwd, flags, workers: 2, variables: {} })
}

describe('the configuration of a node', () => {
  it('is complete without any file', async () => {
    const { config, files, snapshot } = await load(undefined, {}, join(root, 'empty'))
    expect(config).toEqual({
      listen: { host: '127.0.0.1', port: 7000 },
      adminListen: { host: '127.0.0.1', port: 7001 },
      workers: 2,
      data: join(root, 'empty', 'data'),
    })
    expect(files).toEqual({})
    expect(snapshot).toEqual(defaultSnapshot())
  })

  it('takes flags before the files and the files before the defaults', async () => {
    const { config, sources } = await load('good', { workers: '4', listen: '9000' })
    expect(config).toEqual({
      listen: { host: '127.0.0.1', port: 9000 },
      adminListen: { host: '127.0.0.1', port: 7001 },
      publicUrl: 'https://a/',
      workers: 4,
      data: join(root, 'good', 'data'),
      adminToken: 'a-token-of-some-length',
    })
    expect(sources['server.toml:workers']).toEqual({ from: 'flag', flag: '--workers' })
    expect(sources['server.toml:data']).toEqual({ from: 'file', file: 'server.toml', line: 2, column: 1 })
    expect(sources['server.toml:listen']).toEqual({ from: 'flag', flag: '--listen' })
    expect(sources['server.toml:admin_listen']).toEqual({ from: 'default' })
  })

  it('is the same whether the parser was loaded or not', async () => {
    const flags = { workers: '4', publicUrl: 'https://a/b', data: '/srv' }
    const { snapshot, sources, parse } = await load(undefined, flags, join(root, 'empty'))
    expect(await parse({ 'server.toml': '' })).toEqual({ ok: true, snapshot, sources })
  })

  it('names every flag that cannot be read', async () => {
    await expect(load(undefined, { listen: 'x', workers: '0' })).rejects.toThrow(
      '--listen: "x" is not an address; write host:port, for example 127.0.0.1:7000\n' +
        '--workers: "0" is not a number of workers; write a whole number from 1 to 64; leave it out for the default',
    )
  })

  it('says which flag contradicts another', async () => {
    await expect(load(undefined, { listen: ':7001' }, join(root, 'empty'))).rejects.toMatchObject({
      code: 'bad_config',
      message:
        '--listen: listen: listen (0.0.0.0:7001) and admin_listen (127.0.0.1:7001) are the same port; a port serves one of them; give one of them another port',
    })
  })
})

describe('the folder of configuration', () => {
  it('is read from ./configs when none is named, with errors by file, line and column', async () => {
    await expect(load(undefined)).rejects.toMatchObject({
      code: 'bad_config',
      message:
        'configs/server.toml:2:11: workers: 0 is out of bounds; write a whole number from 1 to 64\n' +
        '  2 | workers = 0\n    |           ^',
      params: {
        zh: 'configs/server.toml:2:11: workers：0 超出范围；请写 1 到 64 的整数\n  2 | workers = 0\n    |           ^',
      },
    })
  })

  it('must be there and hold a file when it is named', async () => {
    await expect(load('empty')).rejects.toMatchObject({
      code: 'bad_config',
      message: `${join(root, 'empty')}: holds none of server.toml, ratelimit.toml`,
    })
    await expect(load('absent')).rejects.toMatchObject({
      message: `${join(root, 'absent')}: there is no such folder`,
    })
  })
})

describe('a snapshot', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret looks like that.
  const parsed = parseConfig({ 'server.toml': 'admin_token = "${KF_ADMIN_TOKEN}"\n' })
  const snapshot = parsed.ok ? parsed.snapshot : defaultSnapshot()

  it('shows of a secret only where it comes from', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret looks like that.
    expect(masked(snapshot)['server.toml:admin_token']).toBe('•••••• (${KF_ADMIN_TOKEN})')
    expect(masked(defaultSnapshot())['server.toml:admin_token']).toBeUndefined()
    expect(masked(snapshot)['server.toml:listen']).toBe('"127.0.0.1:7000"')
  })

  it('has one hash for the same values, and one for what all nodes share', () => {
    const { cluster, node } = snapshot
    expect(hashOf({ cluster, node })).toBe(hashOf({ node, cluster }))
    expect(hashOf(snapshot)).not.toBe(hashOf(defaultSnapshot()))
    expect(hashOf(snapshot, 'cluster')).toBe(hashOf(defaultSnapshot(), 'cluster'))
    expect(hashOf(defaultSnapshot())).toMatch(/^[0-9a-f]{64}$/)
  })

  it('has the defaults that the keys tell, which lie within their bounds', () => {
    const all = parseConfig(
      Object.fromEntries(
        configFileNames.map((file) => [
          file,
          allKeys()
            .filter((key) => key.file === file && key.default !== undefined)
            .map((key) => `${key.key} = ${key.default ?? ''}\n`)
            .join(''),
        ]),
      ),
    )
    expect(all.ok && all.snapshot).toEqual(defaultSnapshot())
  })

  it.each(['en', 'zh'] as const)(
    'of the files that init writes in %s has the defaults, and every key stands in them',
    (language) => {
      const files = Object.fromEntries(configFileNames.map((file) => [file, initFile(file, language)]))
      const read = parseConfig(files)
      expect(read.ok && read.snapshot).toEqual(defaultSnapshot())
      for (const { file, key } of allKeys()) {
        expect(files[file]).toMatch(new RegExp(`^# ${key.slice(key.lastIndexOf('.') + 1)} = `, 'm'))
      }
    },
  )
})

describe('the default number of workers', () => {
  it.each([
    [1, 1_048_576, 1, 'cores'],
    [1, 20_000, 2, 'descriptors'],
    [2, 20_000, 2, 'cores'],
    [16, 1_048_576, 4, 'cores'],
    [1, undefined, 1, 'cores'],
  ])('%i cores and %s open files make %i, because of %s', (cores, descriptors, workers, because) => {
    expect(chooseWorkers(cores, descriptors)).toEqual({ workers, because })
  })

  it('grows with the sockets that one process cannot hold', () => {
    expect(workersFor(20_400, 20_000)).toBe(2)
    expect(workersFor(20_400, 1_024)).toBe(25)
  })
})
