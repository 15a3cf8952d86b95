import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Answer, Delivered, Request } from '../bus/wire.ts'
import type { Asker } from '../bus/writer-link.ts'
import { createAdmit } from './admit.ts'
import {
  agentCaller,
  conversation,
  idInTest,
  item,
  type OriginInTest,
  originOf,
  send,
  storedAt,
  visitorCaller,
} from './items-in-test.ts'
import { createPipelineMetrics } from './metrics.ts'
import { createPersist } from './persist.ts'
import { createRefuser } from './refusal.ts'
import { route } from './route.ts'
import type { Durable, Item, Origin } from './stage.ts'

type Asked = { readonly request: Request; readonly answer: (answer: Answer) => void }

function start() {
  const asked: Asked[] = []
  const published: { readonly message: Delivered; readonly except: Origin }[] = []
  const state = { full: false, shed: false, now: 0, retryAfterMs: 250 }
  const monotonic = () => state.now
  const refuser = createRefuser({
    shedder: { retryAfterMs: () => state.retryAfterMs },
    monotonic,
    underWay: () => 0,
  })
  const queue = { depth: () => 0 }
  const metrics = createPipelineMetrics({ ingress: queue, filter: queue, persist: queue })
  const { persist } = createPersist({
    metrics,
    monotonic,
    refuser,
    served: () => undefined,
    ask: (request: Request, asker: Asker, token: unknown) => {
      if (state.full) return false
      asked.push({
        request,
        answer: (answer) => {
          asker.answered(token, request, answer)
        },
      })
      return true
    },
    publish: (message, except) => published.push({ message, except }),
  })
  const admit = createAdmit({
    refuser,
    shedder: { observe: () => state.shed },
    waitedMs: () => 0,
    monotonic,
    metrics: metrics.filter,
  })
  const through = (origin: OriginInTest, ...frames: Durable[]): void => {
    persist(route(admit(frames.map((frame): Item => item(origin, frame)))))
  }
  return { asked, published, state, persist, through, metrics }
}

const unavailable: Answer = { status: 'failed', code: 'unavailable', message: 'gone' }
const idsOf = (asked: readonly Asked[]): string[] =>
  asked.map(({ request }) => ('id' in request ? request.id : ''))
const told = (origin: OriginInTest): string[] =>
  origin.answers.map(({ answer }) => (answer.status === 'failed' ? answer.code : answer.status))

describe('persist', () => {
  test('answers the sender and publishes to the others after the commit, not before', () => {
    const { asked, published, through } = start()
    const origin = originOf(visitorCaller)
    const frame = send()
    through(origin, frame)
    expect([published, origin.answers]).toEqual([[], []])
    asked[0]?.answer(storedAt(7))
    expect(published).toEqual([
      {
        message: {
          conversation,
          stream: 'public',
          seq: 7,
          id: frame.id,
          from: { role: 'visitor', id: 'v1' },
          body: '{"kind":"text","text":"你好"}',
          at: 5,
          position: 7,
          to: ['v1', 'a1'],
        },
        except: origin,
      },
    ])
    expect(origin.answers).toMatchObject([{ frame, answer: { status: 'stored', seq: 7 } }])
  })

  test('keeps an internal note from the visitor, and a duplicate or a refusal from everyone', () => {
    const { asked, published, through } = start()
    const origin = originOf(agentCaller)
    through(origin, send({ conversation, stream: 'internal' }), send({ epoch: 1 }), send({ epoch: 1 }))
    asked[0]?.answer(storedAt(1, { stream: 'internal' }))
    asked[1]?.answer(storedAt(2, { status: 'duplicate' }))
    asked[2]?.answer({ status: 'rejected', code: 'stale_epoch', message: '' })
    expect(published.map(({ message }) => message.to)).toEqual([['a1']])
    expect(told(origin)).toEqual(['stored', 'duplicate', 'rejected'])
  })

  test("a command's verdict is given at once, a message's only by the store", () => {
    const { asked, persist } = start()
    const origin = originOf(visitorCaller)
    const verdict = { code: 'forbidden', message: 'only agents may' } as const
    const close: Durable = { type: 'close', id: idInTest(), conversation, epoch: 1 }
    const frame = send()
    persist(
      route([
        { ...item(origin, close), verdict },
        { ...item(origin, frame), verdict },
      ]),
    )
    expect(origin.answers).toMatchObject([{ frame: close, answer: { status: 'rejected', ...verdict } }])
    expect(idsOf(asked)).toEqual([frame.id])
    expect(asked[0]?.request).toMatchObject({ verdict })
  })
})

describe('after an unknown answer', () => {
  test('later sends of the conversation get busy until the refused id comes again', () => {
    const { asked, state, through } = start()
    const origin = originOf(visitorCaller)
    const [first, second, third] = [send(), send(), send()]
    state.full = true
    through(origin, first, second)
    state.full = false
    through(origin, third)
    expect(told(origin)).toEqual(['busy', 'busy', 'busy'])
    expect(origin.answers.map(({ answer }) => 'message' in answer && answer.message)).toEqual([
      'too many messages wait to be stored; retry the same id after 250 ms',
      'an earlier message of this conversation was refused; send that one first; retry the same id after 250 ms',
      'an earlier message of this conversation was refused; send that one first; retry the same id after 250 ms',
    ])
    through(origin, second)
    expect(asked).toEqual([])
    through(origin, first, second, third)
    expect(idsOf(asked)).toEqual([first.id, second.id, third.id])
    expect(origin.refused).toBeUndefined()
  })

  test('what is behind a refused one is told to come when that one was told to', () => {
    const { state, through } = start()
    const origin = originOf(visitorCaller)
    Object.assign(state, { full: true, now: 1_000, retryAfterMs: 4_000 })
    through(origin, send())
    Object.assign(state, { full: false, now: 3_500, retryAfterMs: 9_000 })
    through(origin, send())
    const times = origin.answers.map(({ answer }) => answer.status === 'failed' && answer.retryAfterMs)
    expect(times).toEqual([4_000, 1_500])
  })

  test('while the store does not keep up, messages are refused before anything is made of them, commands are not', () => {
    const { asked, state, through, metrics } = start()
    const [visitor, agent] = [originOf(visitorCaller), originOf(agentCaller)]
    state.shed = true
    through(visitor, send())
    through(agent, { type: 'accept', id: idInTest(), conversation, epoch: 0 })
    expect(visitor.answers).toMatchObject([
      {
        request: undefined,
        answer: {
          status: 'failed',
          code: 'busy',
          message: 'the store takes longer than it should; retry the same id after 250 ms',
          retryAfterMs: 250,
        },
      },
    ])
    expect(asked).toMatchObject([{ request: { kind: 'command', command: 'accept' } }])
    expect(metrics.filter.refused).toMatchObject({ shed: 1, lane: 0 })
  })

  test('the same holds for what the store left unknown; the first of them must come again', () => {
    const { asked, through } = start()
    const origin = originOf(visitorCaller)
    const [first, second] = [send(), send()]
    through(origin, first, second)
    for (const { answer } of [...asked]) answer(unavailable)
    through(origin, second)
    expect(told(origin)).toEqual(['unavailable', 'unavailable', 'busy'])
    through(origin, first, second)
    expect(idsOf(asked).slice(2)).toEqual([first.id, second.id])
  })

  test('what the store left unknown comes before what was refused while it waited', () => {
    const { asked, state, through } = start()
    const origin = originOf(visitorCaller)
    const [first, second] = [send(), send()]
    through(origin, first)
    state.full = true
    through(origin, second)
    asked[0]?.answer(unavailable)
    state.full = false
    through(origin, second)
    expect(told(origin)).toEqual(['busy', 'unavailable', 'busy'])
    through(origin, first, second)
    expect(idsOf(asked)).toEqual([first.id, first.id, second.id])
  })

  test('other conversations of an agent go on; a visitor has one lane, whatever it names', () => {
    const { asked, through } = start()
    const [agent, visitor] = [originOf(agentCaller), originOf(visitorCaller)]
    const other = 'aaaaaaaaaaaaaaa3'
    through(agent, send({ conversation, epoch: 1 }))
    through(visitor, send({ conversation }))
    for (const { answer } of [...asked]) answer(unavailable)
    through(agent, send({ conversation: other, epoch: 1 }), send({ conversation, epoch: 1 }))
    through(visitor, send({ conversation: other }), send())
    expect(asked).toHaveLength(3)
    expect(told(agent)).toEqual(['unavailable', 'busy'])
    expect(told(visitor)).toEqual(['unavailable', 'busy', 'busy'])
  })

  test('a definite refusal holds up nobody', () => {
    const { asked, through } = start()
    const origin = originOf(visitorCaller)
    through(origin, send())
    asked[0]?.answer({ status: 'rejected', code: 'filtered', message: 'no' })
    through(origin, send())
    expect(asked).toHaveLength(2)
    expect(told(origin)).toEqual(['rejected'])
  })

  /**
   * A client by the book (docs/protocol.md, section 6): it sends, and resends its list in order when it likes. The link refuses
   * when it likes, and now and then fails all that waits (as it does past its deadline). What is stored keeps the order sent.
   */
  test('what is stored stands in the order sent, whatever is refused', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant('send' as const) },
      { weight: 4, arbitrary: fc.constant('store' as const) },
      { weight: 3, arbitrary: fc.constant('resend' as const) },
      { weight: 1, arbitrary: fc.constant('fail' as const) },
      { weight: 2, arbitrary: fc.constant('full' as const) },
      { weight: 2, arbitrary: fc.constant('room' as const) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { asked, state, through } = start()
        const origin = originOf(visitorCaller)
        const sent: Durable[] = []
        const log: string[] = []
        const acked = new Set<string>()
        const refused = new Set<string>()
        const resend = (): void => {
          for (const { frame, answer } of origin.answers.splice(0)) {
            if (answer.status === 'failed') refused.add(frame.id)
            else acked.add(frame.id)
          }
          // A refused id comes again even when an earlier copy of it was acked since.
          const list = sent.filter(({ id }) => !acked.has(id) || refused.has(id))
          refused.clear()
          for (const frame of list) through(origin, frame)
        }
        const carryOut = ({ request, answer }: Asked): void => {
          const id = 'id' in request ? request.id : ''
          const at = log.indexOf(id)
          if (at < 0) log.push(id)
          answer(storedAt(at < 0 ? log.length : at + 1, at < 0 ? {} : { status: 'duplicate' }))
        }
        for (const each of steps) {
          if (each === 'send') {
            const frame = send()
            sent.push(frame)
            through(origin, frame)
          } else if (each === 'store') for (const one of asked.splice(0, 2)) carryOut(one)
          else if (each === 'fail') for (const one of asked.splice(0)) one.answer(unavailable)
          else if (each === 'resend') resend()
          else state.full = each === 'full'
        }
        state.full = false
        for (let i = 0; i < 3; i++) {
          for (const one of asked.splice(0)) carryOut(one)
          resend()
        }
        expect(log).toEqual(sent.map(({ id }) => id))
      }),
      { numRuns: 500 },
    )
  })
})
