import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { KfError } from '../../core/errors.ts'
import { loadDialect } from './dialects.ts'
import { adapterTarget, namesAdapter } from './load-adapter.ts'
import { onLoopback } from './loopback.ts'

const folder = mkdtempSync(join(tmpdir(), 'kf-adapter-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const dialect = `{
  name: 'peer', sequenced: false, delivers: true, opens: false, stores: false, pong: '3',
  hello: () => undefined,
  message: (slot, text) => JSON.stringify({ id: slot, text }),
  answer: () => '',
  classify: (bytes, start) => bytes[start] === 0x32 ? 'ping' : 'other',
}`
const running = `{ addresses: [{ host: '127.0.0.1', port: 7000, path: '/' }], stop: async () => { globalThis.stopped = true } }`
const demand = { visitors: 1, agents: 1, capacity: 1, workers: 1 }

let count = 0
function file(text: string): string {
  count += 1
  writeFileSync(join(folder, `adapter-${count}.mjs`), text)
  return `./adapter-${count}.mjs`
}

function adapter(start: string, of = dialect): string {
  return file(`export const target = { name: 'peer', start: ${start} }\nexport const dialect = ${of}`)
}

async function messageOf(wait: Promise<unknown>): Promise<string> {
  return wait.then(
    () => 'nothing was thrown',
    (error: KfError) => error.message,
  )
}

test('a file, an address and a name are told apart', () => {
  const files = ['./my-adapter.ts', 'peers/x.mjs', 'x.js', 'module:x', '../a']
  expect(files.filter((text) => namesAdapter(text))).toEqual(files)
  expect(['kf', 'echo', 'http://127.0.0.1/x.js', 'relay'].filter((text) => namesAdapter(text))).toEqual([])
})

test('a target and its dialect come from one file, and what it left out is filled in', async () => {
  const target = await adapterTarget(adapter(`async () => (${running})`), folder)
  expect(target).toMatchObject({ name: 'peer', bare: false, delivers: true, stores: false })
  const up = await target.start(demand)
  expect(up).toMatchObject({ site: '', agentTokens: [], pids: [], dataFolder: undefined })
  expect([up.ended(), up.log()]).toEqual([undefined, ''])
  expect((await loadDialect(target.dialect)).message('SLOT', 'x')).toBe('{"id":"SLOT","text":"x"}')
})

test('a file that is not there, does not load or throws says so', async () => {
  expect(await messageOf(adapterTarget('./none.ts', folder))).toBe(
    `--target ./none.ts: there is no file ${folder}/none.ts`,
  )
  expect(await messageOf(adapterTarget(file("throw new Error('no such broker')"), folder))).toMatch(
    /^the adapter .*\.mjs could not be loaded: no such broker$/,
  )
  expect(await messageOf(adapterTarget(file("import 'a-package-that-is-not-there'"), folder))).toContain(
    "Cannot find package 'a-package-that-is-not-there'",
  )
})

test('all that is wrong with an adapter is said at once', async () => {
  expect(await messageOf(adapterTarget(file('export const x = 1'), folder))).toMatch(
    /adapter-\d+\.mjs is no adapter: it exports no `target`; it exports no `dialect`$/,
  )
  const wrong = file(
    `export const target = { name: 'KF !', start: 7 }\nexport const dialect = { name: 'x', delivers: 'yes', hello: () => 1 }`,
  )
  expect((await messageOf(adapterTarget(wrong, folder))).split(': ').slice(1).join(': ')).toBe(
    [
      'target.name is "KF !": lower-case letters, digits and dashes are needed, at most 40',
      'target.start is a number: a function is needed',
      'dialect.sequenced is missing: a boolean is needed',
      'dialect.delivers is a string: a boolean is needed',
      'dialect.opens is missing: a boolean is needed',
      'dialect.stores is missing: a boolean is needed',
      'dialect.message is missing: a function is needed',
      'dialect.answer is missing: a function is needed',
      'dialect.classify is missing: a function is needed',
    ].join('; '),
  )
})

test('a dialect is tried out: no slot, a wrong kind or a throw is found before any load', async () => {
  const odd = dialect
    .replace('JSON.stringify({ id: slot, text })', 'text')
    .replace('() => undefined', '() => 5')
    .replace(
      "bytes[start] === 0x32 ? 'ping' : 'other'",
      "{ if (start === end) return 'what'; throw new Error('x') }",
    )
    .replace('(bytes, start)', '(bytes, start, end)')
  expect(await messageOf(adapterTarget(adapter('async () => ({})', odd), folder))).toMatch(
    /is no adapter: dialect\.message must give a text in which the slot stands exactly once; dialect\.hello gave a number, not a text; dialect\.classify gave "what"; ack, message, welcome, ping, other are known; dialect\.classify threw Error: x$/,
  )
})

test('a start that throws, or resolves to something else, is an error that names the peer; what it started is stopped', async () => {
  const throws = await adapterTarget(adapter("() => { throw new Error('no broker') }"), folder)
  expect(await messageOf(throws.start(demand))).toBe('peer did not start: no broker')
  const nothing = await adapterTarget(adapter('async () => 5'), folder)
  expect(await messageOf(nothing.start(demand))).toBe(
    '`start` of peer resolved to no running target: it is a number, not an object',
  )
  const bad = await adapterTarget(
    adapter(`async () => ({ ...${running}, addresses: [], pids: ['x'] })`),
    folder,
  )
  expect(await messageOf(bad.start(demand))).toBe(
    '`start` of peer resolved to no running target: addresses: a list of at least one { host, port, path } is needed; path ' +
      'begins with "/"; pids: a list of process ids is needed',
  )
  expect(Reflect.get(globalThis, 'stopped')).toBe(true)
})

test('a peer beyond loopback is stopped and refused unless that was asked for', async () => {
  const far = adapter(
    `async () => ({ ...${running}, addresses: [{ host: '192.0.2.7', port: 1, path: '/' }] })`,
  )
  Reflect.set(globalThis, 'stopped', false)
  const target = await adapterTarget(far, folder)
  expect(await messageOf(onLoopback(target).start(demand))).toBe(
    '--target peer: 192.0.2.7:1 is not on this host',
  )
  expect(Reflect.get(globalThis, 'stopped')).toBe(true)
  expect((await target.start(demand)).addresses[0]?.host).toBe('192.0.2.7')
})

test('an adapter that never answers is given up, at its import, its start and its stop', async () => {
  const soon = { load: 5_000, start: 20, stop: 20 }
  const waits = file('await new Promise(() => {})')
  expect(await messageOf(adapterTarget(waits, folder, { ...soon, load: 20 }))).toMatch(
    /could not be loaded: it was not loaded within 20 ms: does it wait at its top level\?$/,
  )
  const never = await adapterTarget(adapter('() => new Promise(() => {})'), folder, soon)
  expect(await messageOf(never.start(demand))).toBe('peer did not start within 20 ms')
  const lingers = adapter(`async () => ({ ...${running}, stop: () => new Promise(() => {}) })`)
  const up = await (await adapterTarget(lingers, folder, soon)).start(demand)
  expect(await messageOf(up.stop())).toBe('peer did not stop within 20 ms')
})
