import fc from 'fast-check'
import { expect, test } from 'vitest'
import { manualClock } from '../../core/clock.ts'
import type { Request } from '../bus/wire.ts'
import type { Asker } from '../bus/writer-link.ts'
import { defaultPipeline } from '../config/pipeline.ts'
import { type OriginInTest, originOf, send, storedAt, visitorCaller } from './items-in-test.ts'
import { createPipeline } from './pipeline.ts'
import type { Durable } from './stage.ts'

type Asked = { readonly id: string; readonly answer: (stored: boolean) => void }

/** A client by the book (docs/protocol.md, section 6): keeps what is not answered definitely, and resends that in order. */
type Client = {
  readonly origin: OriginInTest
  readonly sent: Durable[]
  readonly acked: Set<string>
  readonly refused: Set<string>
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant('send' as const) },
  { weight: 4, arbitrary: fc.constant('filtered' as const) },
  { weight: 4, arbitrary: fc.constant('store' as const) },
  { weight: 2, arbitrary: fc.constant('resend' as const) },
  { weight: 1, arbitrary: fc.constant('fail' as const) },
  { weight: 1, arbitrary: fc.constant('late' as const) },
  { weight: 1, arbitrary: fc.constant('throws' as const) },
  { weight: 1, arbitrary: fc.constant('slow' as const) },
  { weight: 1, arbitrary: fc.constant('full' as const) },
  { weight: 3, arbitrary: fc.constant('room' as const) },
  { weight: 1, arbitrary: fc.constant('limit' as const) },
  { weight: 3, arbitrary: fc.constant('no limit' as const) },
)

/**
 * Filters that answer when they like and in any order, several batches at a time, short queues in front of filter and persist,
 * filters that fail or are late, a store that leaves things unknown, a door that refuses early, rate limits: whatever of it happens, each
 * conversation is stored in the order sent, once, and nothing is lost.
 */
test('with slow filters and concurrency, sender order holds per conversation, through refusals and retries', async () => {
  const runs = fc.asyncProperty(
    fc.array(fc.tuple(step, fc.nat({ max: 1 })), { minLength: 20, maxLength: 150, size: 'max' }),
    fc.integer({ min: 1, max: 3 }),
    fc.nat(),
    async (steps, concurrency, seed) => {
      const clock = manualClock()
      const state = { full: false, limited: false }
      const asked: Asked[] = []
      const filtering: PromiseWithResolvers<void>[] = []
      const log: string[] = []
      const pipeline = createPipeline({
        ask: (request: Request, asker: Asker, token: unknown) => {
          if (state.full || asked.length >= 6) return false
          const id = 'id' in request ? request.id : ''
          asked.push({
            id,
            answer: (stored) => {
              const at = log.indexOf(id)
              if (stored && at < 0) log.push(id)
              const status = at < 0 ? 'stored' : 'duplicate'
              asker.answered(
                token,
                request,
                stored ? storedAt(1, { status }) : { status: 'failed', code: 'unavailable', message: 'gone' },
              )
            },
          })
          return true
        },
        limits: {
          wait: () => (state.limited ? 400 : 0),
          turnedAway: () => undefined,
          control: () => 0,
          disconnected: () => 0,
        },
        random: () => 0.5,
        publish: () => undefined,
        filters: [
          () => {
            const slow = Promise.withResolvers<void>()
            filtering.push(slow)
            return slow.promise
          },
        ],
        clock,
        onFailure: () => undefined,
        config: {
          ...defaultPipeline,
          ingress: { batch: 2 },
          filter: { concurrency, queue: 5, within: 1_000 },
          persist: { ...defaultPipeline.persist, target: 500, interval: 1 },
        },
      })
      const clients = [0, 1].map((n): Client => {
        const origin = originOf({ ...visitorCaller, id: `v${n}` })
        return { origin, sent: [], acked: new Set(), refused: new Set() }
      })
      const transmit = (client: Client, frame: Durable): void => {
        pipeline.receive(client.origin, JSON.stringify(frame))
      }
      const resend = (client: Client): void => {
        pipeline.run()
        for (const { frame, answer } of client.origin.answers.splice(0)) {
          if (answer.status === 'failed') client.refused.add(frame.id)
          else client.acked.add(frame.id)
        }
        // A refused id comes again even when another copy of it was acked since.
        const list = client.sent.filter(({ id }) => !client.acked.has(id) || client.refused.has(id))
        client.refused.clear()
        for (const frame of list) transmit(client, frame)
      }
      let mixed = seed
      const endOne = (end: (slow: PromiseWithResolvers<void>) => void): void => {
        mixed = (Math.imul(mixed, 1_103_515_245) + 12_345) >>> 0
        const [slow] = filtering.splice(mixed % Math.max(1, filtering.length), 1)
        if (slow !== undefined) end(slow)
      }
      const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

      for (const [each, n] of steps) {
        const client = clients[n]
        if (client === undefined) continue
        if (each === 'send') {
          const frame = send()
          client.sent.push(frame)
          transmit(client, frame)
        } else if (each === 'filtered') endOne((slow) => slow.resolve())
        else if (each === 'throws') endOne((slow) => slow.reject(new Error('a defect')))
        else if (each === 'late') clock.advance(1_000)
        else if (each === 'store') for (const one of asked.splice(0, 2)) one.answer(true)
        else if (each === 'fail') for (const one of asked.splice(0)) one.answer(false)
        else if (each === 'resend') resend(client)
        else if (each === 'slow') clock.advance(300)
        else if (each === 'limit' || each === 'no limit') state.limited = each === 'limit'
        else state.full = each === 'full'
        if (each === 'filtered' || each === 'throws' || each === 'late') await turn()
      }

      state.full = false
      state.limited = false
      const isOpen = (client: Client): boolean =>
        client.refused.size > 0 || client.sent.some(({ id }) => !client.acked.has(id))
      for (
        let round = 0;
        round < 200 && (round < 2 || pipeline.held() > 0 || clients.some(isOpen));
        round++
      ) {
        pipeline.run()
        for (const slow of filtering.splice(0)) slow.resolve()
        await turn()
        for (const one of asked.splice(0)) one.answer(true)
        if (pipeline.held() === 0 && asked.length === 0) for (const client of clients) resend(client)
      }
      expect(pipeline.held()).toBe(0)
      for (const client of clients) {
        const ids = new Set(client.sent.map(({ id }) => id))
        expect(log.filter((id) => ids.has(id))).toEqual(client.sent.map(({ id }) => id))
      }
    },
  )
  await fc.assert(runs, { numRuns: 300 })
})
