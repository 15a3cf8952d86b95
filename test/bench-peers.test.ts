import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { noFinding } from '../src/chaos/targets/dialect.ts'
import { loadDialect } from '../src/chaos/targets/dialects.ts'
import { adapterTarget } from '../src/chaos/targets/load-adapter.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const ids = ['0198c2de-1234-7abc-8def-000000010001', '0198c2de-1234-7abc-8def-000000010002'] as const

test.each(['memory', 'durable'])(
  'socket.io (%s) acks what a visitor sent and hands it to the agent',
  async (kind) => {
    const target = await adapterTarget(`bench/peers/socketio-${kind}.ts`, root)
    const dialect = await loadDialect(target.dialect)
    const running = await target.start({ visitors: 1, agents: 1, capacity: 2, workers: 1 })
    try {
      const { host, port, path } = running.addresses[0] ?? { host: '', port: 0, path: '' }
      const read = (data: Buffer) => {
        const found = noFinding()
        const kind = dialect.classify(data, 0, data.length, found)
        const id = data.toString('latin1', found.idAt, found.idAt + 36)
        const conversation = data.toString('latin1', found.conversationAt, found.conversationEnd)
        return kind === 'ack' || kind === 'message' ? { kind, id, seq: found.seq, conversation } : { kind }
      }
      const join = async (hello: string | undefined) => {
        const heard: unknown[] = []
        const waiting: (() => void)[] = []
        const socket = new WebSocket(`ws://${host}:${port}${path}`)
        socket.on('message', (data: Buffer) => {
          heard.push(read(data))
          for (const wake of waiting.splice(0)) wake()
        })
        await once(socket, 'open')
        socket.send(hello ?? '')
        const until = async (count: number) => {
          while (heard.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
          return heard
        }
        return { socket, until }
      }
      const agent = await join(
        dialect.hello({ role: 'agent', token: running.agentTokens[0] ?? '', number: 0 }),
      )
      expect(await agent.until(2)).toEqual([{ kind: 'other' }, { kind: 'welcome' }])
      const visitor = await join(dialect.hello({ role: 'visitor', site: '', number: 7 }))
      await visitor.until(2)
      for (const id of ids) visitor.socket.send(dialect.message(id, '"您好", \\ hello'))
      const conversation = 'conversation-7'
      expect((await visitor.until(4)).slice(2)).toEqual(
        ids.map((id, n) => ({ kind: 'ack', id, seq: n + 1, conversation })),
      )
      expect((await agent.until(4)).slice(2)).toEqual(
        ids.map((id, n) => ({ kind: 'message', id, seq: n + 1, conversation })),
      )
      for (const { socket } of [agent, visitor]) socket.terminate()
      expect(running.ended()).toBeUndefined()
    } finally {
      await running.stop()
    }
    expect([running.dataFolder === undefined, existsSync(running.dataFolder ?? '')]).toEqual([
      kind === 'memory',
      false,
    ])
  },
)
