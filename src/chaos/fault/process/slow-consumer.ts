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
  inject: ({ clients, topology }, on, { share }) => {
    const side = sideNamed(on)
    const ports = topology.links.filter(({ from }) => from === side).map(({ listen }) => portOf(listen))
    const { resume, cut } = clients.stopReading(side, share)
    return Promise.resolve({
      verify: () => {
        const gone = cut()
        if (gone > 0) return Promise.resolve(`${gone} readers were cut with 4413`)
        const { sockets, bytes } = unread(readTables(), ports)
        return Promise.resolve(sockets === 0 ? undefined : `${bytes} bytes lie unread at ${sockets} sockets`)
      },
      heal: () => {
        resume()
        return Promise.resolve()
      },
    })
  },
}

/** What the kernel has received for connected sockets to one of these ports and nobody has read: `/proc/net/tcp`, all in hex. */
export function unread(
  table: string,
  ports: readonly number[],
): { readonly sockets: number; readonly bytes: number } {
  const row = /^\s*\d+: [\dA-F]+:[\dA-F]+ [\dA-F]+:([\dA-F]+) 01 [\dA-F]+:([\dA-F]+) /gm
  const queues = [...table.matchAll(row)].flatMap(([, port = '', queue = '']) =>
    ports.includes(Number.parseInt(port, 16)) ? [Number.parseInt(queue, 16)] : [],
  )
  const waiting = queues.filter((bytes) => bytes > 0)
  return { sockets: waiting.length, bytes: waiting.reduce((sum, bytes) => sum + bytes, 0) }
}

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
