import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chooseWorkers, workersFor } from './descriptors.ts'
import { loadServerFile } from './load.ts'
import { defaultPipeline } from './pipeline.ts'
import { parseFlags, resolveConfig } from './server.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kf-config-'))
  await mkdir(join(root, 'configs'))
  await mkdir(join(root, 'empty'))
  await writeFile(join(root, 'configs', 'server.toml'), 'listen = "127.0.0.1:8000"\nworkers = 0\n')
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('the configuration of a node', () => {
  const defaults = { cwd: '/srv', workers: 2 }

  it('is complete without any file', () => {
    expect(resolveConfig({ flags: {}, file: {} }, defaults)).toEqual({
      listen: { host: '127.0.0.1', port: 7000 },
      adminListen: { host: '127.0.0.1', port: 7001 },
      pipeline: defaultPipeline,
      trustedProxies: [],
      workers: 2,
      data: '/srv/data',
    })
  })

  it('takes flags before the file and the file before the defaults', () => {
    const file = { workers: 3, data: '/from/file', publicUrl: 'https://a/' }
    const flags = parseFlags({ workers: '4', listen: '9000' })
    expect(resolveConfig({ flags, file }, defaults)).toMatchObject({
      workers: 4,
      listen: { host: '127.0.0.1', port: 9000 },
      data: '/from/file',
      publicUrl: 'https://a/',
    })
  })

  it('names every flag that cannot be read', () => {
    expect(() => parseFlags({ listen: 'x', workers: '0' })).toThrow(
      '--listen: "x" is not an address; write host:port, for example 127.0.0.1:7000\n' +
        '--workers: "0" is not a number of workers; write a whole number from 1 to 64; leave it out for the default',
    )
  })
})

describe('the folder of configuration', () => {
  it('is read from ./configs when none is named, with errors by file, line and column', async () => {
    await expect(loadServerFile(undefined, root)).rejects.toMatchObject({
      code: 'bad_config',
      message:
        'configs/server.toml:2:1: workers: "0" is not a number of workers; write a whole number from 1 to 64; leave it out for the default',
    })
  })

  it('may be absent when none is named', async () => {
    expect(await loadServerFile(undefined, join(root, 'empty'))).toEqual({})
  })

  it('must hold server.toml when it is named', async () => {
    await expect(loadServerFile('empty', root)).rejects.toMatchObject({
      code: 'bad_config',
      message: `${join(root, 'empty', 'server.toml')}: there is no such file`,
    })
  })
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
