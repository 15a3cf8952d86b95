import { z } from 'zod'
import { KfError } from '../../../core/errors.ts'
import { askNode } from '../../topology/node-admin.ts'
import type { FaultKind } from '../fault.ts'
import { nodeNamed, until } from './nodes.ts'

const params = z.strictObject({})

type Files = Readonly<Record<string, string>>
type Live = { readonly etag: string; readonly revision: number; readonly files: Files }

const file = 'server.toml'
/** Far from what is usual, and of no consequence for so short a time. */
const periods = ['13s', '14s', '16s', '17s', '18s', '19s'] as const
const pushWithinMs = 20_000

export const configPush: FaultKind<z.infer<typeof params>> = {
  name: 'config_push',
  describe: {
    en: 'Pushes a revision with another heartbeat.every, which is hot, and the one before again.',
    zh: '推送一个修改了热更新键 heartbeat.every 的配置版本，再推送回原来的内容。',
  },
  on: 'config',
  needs: [],
  params,
  momentary: true,
  showsWithinMs: 5_000,
  inject: async ({ topology, clock, random }, on) => {
    const socket = nodeNamed(topology, on).adminSocket
    if (socket === undefined) throw noSocket(on)
    const before = await readLive(socket)
    const now = before.files[file] ?? ''
    const others = periods.filter((period) => !now.includes(`every = "${period}"`))
    const period = others[Math.floor(random() * others.length)] ?? '13s'
    await push(socket, { ...before.files, [file]: withHeartbeat(now, period) }, 'chaos: config_push')
    return {
      verify: async () => {
        const { status, text } = await askNode(socket, 'GET', '/admin/config/effective')
        return status === 200 ? inEffect(text, period) : undefined
      },
      heal: async () => {
        const pushed = await until(clock, pushWithinMs, async () => {
          try {
            await push(socket, before.files, 'chaos: back')
            return true
          } catch {
            // A writer that is being replaced prepares nothing.
            return false
          }
        })
        if (!pushed) throw new KfError('not_healed', `${on} has not taken the configuration of before back`)
      },
    }
  },
}

/** The text with `[heartbeat] every` set, and all else as it was. */
export function withHeartbeat(toml: string, period: string): string {
  const every = `every = "${period}"`
  const table = /^[ \t]*\[heartbeat\][ \t]*(?:#.*)?$/m.exec(toml)
  if (table === null)
    return `${toml}${toml === '' || toml.endsWith('\n') ? '' : '\n'}\n[heartbeat]\n${every}\n`
  const start = table.index + table[0].length
  const end = start + (/^[ \t]*\[/m.exec(toml.slice(start))?.index ?? toml.length - start)
  const own = toml.slice(start, end)
  const key = /^[ \t]*every[ \t]*=.*$/m
  return `${toml.slice(0, start)}${key.test(own) ? own.replace(key, every) : `\n${every}${own}`}${toml.slice(end)}`
}

async function readLive(socket: string): Promise<Live> {
  const { status, text } = await askNode(socket, 'GET', '/admin/config')
  const raw: unknown = status === 200 ? JSON.parse(text) : undefined
  if (!isRecord(raw) || !isRecord(raw['files']) || !isRecord(raw['live'])) throw refused('GET', status, text)
  const files = Object.fromEntries(Object.entries(raw['files']).map(([name, value]) => [name, String(value)]))
  const revision = Number(raw['live']['revision'])
  return { files, revision, etag: `"${revision}-${String(raw['live']['hash'])}"` }
}

async function push(socket: string, files: Files, message: string): Promise<void> {
  const answer = await askNode(socket, 'PUT', '/admin/config', {
    ifMatch: '*',
    body: { files, message, who: 'chaos' },
  })
  if (answer.status !== 200) throw refused('PUT', answer.status, answer.text)
}

/** In words, once all processes have it; undefined before. */
function inEffect(text: string, period: string): string | undefined {
  const raw: unknown = JSON.parse(text)
  if (!isRecord(raw) || !Array.isArray(raw['processes']) || !Array.isArray(raw['values'])) return undefined
  const hashes = raw['processes'].map((one: unknown) => (isRecord(one) ? one['hash'] : undefined))
  const every: unknown = raw['values'].find(
    (value: unknown) => isRecord(value) && value['id'] === 'server.toml:heartbeat.every',
  )
  if (!isRecord(every) || !String(every['value']).includes(period)) return undefined
  if (!hashes.every((hash) => hash === raw['hash'])) return undefined
  return `revision ${String(raw['revision'])}, heartbeat.every ${period}, in ${hashes.length} processes`
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refused(method: string, status: number, text: string): KfError {
  return new KfError('config_refused', `${method} /admin/config: status ${status}: ${text.slice(0, 300)}`)
}

function noSocket(name: string): KfError {
  return new KfError('not_ours', `the administrative socket of ${name} is not known`, {
    hint: 'attach with --data, or take config_push out',
    params: { name },
  })
}
