import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { fraction } from '../../yaml/values.ts'
import type { FaultKind } from '../fault.ts'
import { sideNamed } from './sides.ts'

const params = z.strictObject({
  share: fraction().prefault('20%').meta({ description: 'Of the clients of the side. 20% by default.' }),
})

export const slowConsumer: FaultKind<z.infer<typeof params>> = {
  name: 'slow_consumer',
  describe: {
    en: 'A share of the clients of a side stops reading; what is sent to them piles up.',
    zh: '一侧一定比例的客户端停止读取，发给它们的数据不断堆积。',
  },
  on: 'clients',
  needs: [],
  params,
  momentary: false,
  // What is sent to few idle clients takes a while to be anything at all.
  showsWithinMs: 15_000,
  inject: ({ clients, topology, clock }, on, { share }) => {
    const side = sideNamed(on)
    const ports = topology.links.filter(({ from }) => from === side).map(({ listen }) => portOf(listen))
    const { resume, cut } = clients.stopReading(side, share)
    const lying = lyingSince()
    return Promise.resolve({
      verify: () => {
        const gone = cut()
        if (gone > 0) return Promise.resolve(`${gone} readers were cut with 4413`)
        const { sockets, bytes } = lying(unread(readTables(), ports), clock.monotonic())
        return Promise.resolve(sockets === 0 ? undefined : `${bytes} bytes lie unread at ${sockets} sockets`)
      },
      heal: () => {
        resume()
        return Promise.resolve()
      },
    })
  },
}

/** Bytes that the kernel has received for a socket and nobody has read, by its own port. */
export type Unread = ReadonlyMap<number, number>

/** Of connected sockets to one of these ports, from `/proc/net/tcp`, where all is in hex. */
export function unread(table: string, ports: readonly number[]): Unread {
  const row = /^\s*\d+: [\dA-F]+:([\dA-F]+) [\dA-F]+:([\dA-F]+) 01 [\dA-F]+:([\dA-F]+) /gm
  const rows = [...table.matchAll(row)].map((match) => match.slice(1).map((hex) => Number.parseInt(hex, 16)))
  return new Map(
    rows.flatMap(([own = 0, port = 0, bytes = 0]) =>
      ports.includes(port) && bytes > 0 ? [[own, bytes]] : [],
    ),
  )
}

/** Sums up, look by look, what has lain for a second and only grew: who reads late has less at the next look. */
export function lyingSince(): (
  now: Unread,
  ms: number,
) => { readonly sockets: number; readonly bytes: number } {
  let known = new Map<number, { readonly bytes: number; readonly since: number }>()
  return (now, ms) => {
    known = new Map(
      [...now].map(([port, bytes]) => {
        const before = known.get(port)
        return [port, { bytes, since: before !== undefined && before.bytes <= bytes ? before.since : ms }]
      }),
    )
    const lying = [...known.values()].filter(({ since }) => ms - since >= lyingMs)
    return { sockets: lying.length, bytes: lying.reduce((sum, { bytes }) => sum + bytes, 0) }
  }
}

const lyingMs = 1_000

function readTables(): string {
  return ['/proc/net/tcp', '/proc/net/tcp6'].map(readOr).join('\n')
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function portOf(listen: string): number {
  return Number(listen.slice(listen.lastIndexOf(':') + 1))
}
