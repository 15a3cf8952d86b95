import { expect, test } from 'vitest'
import { allKeys } from '../config/keys.ts'
import { parseConfig } from '../config/parse.ts'
import { effectiveValues, type Running } from './effective.ts'

const running: Running = {
  listen: { host: '127.0.0.1', port: 40_123 },
  adminListen: { host: '127.0.0.1', port: 7_001 },
  workers: 3,
  data: '/var/lib/kf',
  ownToken: false,
}

function valuesOf(
  disk: string,
  live: string,
  flags: Readonly<Record<string, string>> = {},
  more: Partial<Running> = {},
) {
  const secret = () => ({ ok: true, value: 'a-token-of-some-length' }) as const
  const start = parseConfig({ 'server.toml': disk }, { flags, secret })
  const now = parseConfig({ 'server.toml': live }, { flags, secret })
  if (!start.ok || !now.ok) throw new Error('invalid files')
  const values = effectiveValues(allKeys(), { ...running, ...more }, start, { ...now, revision: 42 })
  return (key: string) => {
    const found = values.find((each) => each.key === key)
    return [found?.value, found?.source]
  }
}

test('flags, files, the machine and defaults: what is in effect, and which of them it came from', () => {
  const of = valuesOf('data = "elsewhere"\n', '[heartbeat]\nevery = "30s"\n[limits]\nframe = "32KiB"\n', {
    listen: '127.0.0.1:0',
    public_url: 'https://example.com/chat/',
  })
  expect(of('listen')).toEqual(['"127.0.0.1:40123"', { from: 'flag', flag: '--listen' }])
  expect(of('public_url')).toEqual(['"https://example.com/chat/"', { from: 'flag', flag: '--public-url' }])
  expect(of('data')).toEqual(['"/var/lib/kf"', { from: 'disk', file: 'server.toml', line: 1, column: 1 }])
  expect(of('workers')).toEqual(['3', { from: 'machine' }])
  expect(of('heartbeat.every')).toEqual([
    '"30s"',
    { from: 'revision', revision: 42, file: 'server.toml', line: 2, column: 1 },
  ])
  expect(of('heartbeat.silent_rounds')).toEqual(['2', { from: 'default' }])
})

test('what the live revision says of a key of the node is not in effect, and not shown', () => {
  const of = valuesOf('', 'workers = 9\n')
  expect(of('workers')).toEqual(['3', { from: 'machine' }])
})

test('of a secret stands where it comes from, never what it is', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret looks like that.
  const fromEnvironment = valuesOf('admin_token = "${KF_ADMIN}"\n', '')
  expect(fromEnvironment('admin_token')).toEqual([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret looks like that.
    '•••••• (${KF_ADMIN})',
    { from: 'disk', file: 'server.toml', line: 1, column: 1, variable: 'KF_ADMIN' },
  ])
  expect(valuesOf('', '', {}, { ownToken: true })('admin_token')).toEqual([
    '•••••• (admin.token)',
    { from: 'data-folder' },
  ])
})
