import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readDuration } from '../commands/doctor.ts'
import { en } from '../i18n/en.ts'
import { diskFinding } from './disk.ts'
import { findingLines } from './finding.ts'
import { descriptorFinding, nodeFinding } from './machine.ts'
import { addressFinding, baseOf } from './proxy.ts'

const texts = en.doctor

describe('a finding', () => {
  it('is a line with what it limits, and the fix below', () => {
    const finding = {
      id: 'x',
      status: 'warn',
      what: '内存',
      value: '1 MiB',
      limits: 'few',
      fix: 'buy',
    } as const
    expect(findingLines(finding, 6)).toBe('! 内存    1 MiB   few\n          → buy\n')
  })
})

describe('the version of Node', () => {
  it.each([
    ['24.14.0', 'fail'],
    ['24.15.0', 'ok'],
    ['25.1.0', 'fail'],
    ['26.0.0', 'ok'],
    ['27.3.1', 'ok'],
  ])('%s is %s', (version, status) => {
    expect(nodeFinding(version, '/usr/bin/node', texts).status).toBe(status)
  })
})

describe('the limit of open files', () => {
  it('says how many sockets a worker holds and how many workers 20,000 visitors need', () => {
    expect(descriptorFinding(20_000, texts)).toMatchObject({
      status: 'ok',
      limits: '19,800 sockets a worker; 20,000 visitors and their agents need 2 workers',
    })
    expect(descriptorFinding(1_024, texts)).toMatchObject({
      status: 'warn',
      limits: '824 sockets a worker; 20,000 visitors and their agents need 25 workers',
      fix: 'ulimit -n 10400, or LimitNOFILE=10400 in the systemd unit',
    })
    expect(descriptorFinding(undefined, texts)).toMatchObject({ status: 'info', value: 'unknown' })
  })
})

describe('the disk', () => {
  it('is timed and left as it was', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kf-disk-'))
    const finding = await diskFinding(folder, texts)
    expect(finding.value).toMatch(/^p50 \d+\.\d\d ms, p99 \d+\.\d\d ms in /)
    expect(await readdir(folder)).toEqual([])
    await rm(folder, { recursive: true })
  })

  it.runIf(existsSync('/dev/shm'))('in memory is no disk', async () => {
    expect(await diskFinding('/dev/shm', texts)).toMatchObject({
      status: 'warn',
      limits: 'tmpfs: lives in memory, a power cut loses everything, and kf bench calls its rows INVALID',
    })
  })

  it('that refuses to be written fails', async () => {
    expect(await diskFinding('/proc', texts)).toMatchObject({ id: 'disk_sync', status: 'fail' })
  })
})

describe('the client address behind a proxy', () => {
  it.each([
    [
      { address: '192.0.2.9', via: ['10.0.0.1'], forwarded: 'used' },
      'ok',
      '192.0.2.9, brought by 10.0.0.1',
      undefined,
    ],
    [
      { address: '10.0.0.1', via: [], forwarded: 'ignored' },
      'warn',
      '10.0.0.1',
      'server.toml: trusted_proxies = ["10.0.0.1/32"]',
    ],
    [
      { address: 'fd00::1', via: [], forwarded: 'ignored' },
      'warn',
      'fd00::1',
      'server.toml: trusted_proxies = ["fd00::1/128"]',
    ],
    [
      { address: '10.0.0.1', via: [], forwarded: 'absent' },
      'info',
      '10.0.0.1, connected directly',
      undefined,
    ],
    ['what', 'fail', '"what"', undefined],
  ])('answered as %j is %s', (answer, status, value, fix) => {
    const finding = addressFinding(answer, 'example.com', texts)
    expect([finding.status, finding.value, finding.fix]).toEqual([status, value, fix])
  })

  it('is right without a proxy on this machine', () => {
    expect(
      addressFinding({ address: '127.0.0.1', via: [], forwarded: 'absent' }, '127.0.0.1', texts).status,
    ).toBe('ok')
  })
})

describe('a public URL', () => {
  it.each([
    ['https://example.com', 'https://example.com/'],
    ['https://example.com/chat', 'https://example.com/chat/'],
    ['https://example.com/chat/?a=1#b', 'https://example.com/chat/'],
  ])('%s has the base %s', (url, base) => {
    expect(baseOf(new URL(url)).href).toBe(base)
  })
})

describe('a time on the command line', () => {
  it.each([
    ['70s', 70_000],
    ['5m', 300_000],
    ['1500ms', 1_500],
  ])('%s is %i ms', (text, ms) => {
    expect(readDuration(text)).toBe(ms)
  })

  it.each(['', '70', '-1s', '0s', '61m', '1h'])('%o is refused', (text) => {
    expect(() => readDuration(text)).toThrow('is not a time from 1s to 60m')
  })
})
