import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PackedAppend } from '../storage/store.ts'
import {
  agent,
  committed,
  delivered,
  eventually,
  type LinksInTest,
  record,
  startLinks,
  stored,
  visitor,
  type WorkerInTest,
} from './links-in-test.ts'

let t: LinksInTest

const handles = { sender: 7, conversation: 3 }
const packed: PackedAppend = {
  kind: 'packed_append',
  handles,
  role: 'visitor',
  id: new Uint8Array(16),
  epoch: undefined,
  body: Buffer.from('{}'),
  bodyHash: 1,
}

beforeEach(async () => {
  t = await startLinks()
})
afterEach(async () => {
  await t.close()
})

const greeted = async (worker: WorkerInTest): Promise<void> => {
  await eventually(() => expect(worker.link.connected()).toBe(true))
}
const requestsArrive = async (count: number): Promise<LinksInTest['requested']> => {
  await eventually(() => expect(t.requested).toHaveLength(count))
  return t.requested
}
const present = async (worker: number, ...ids: string[]): Promise<void> => {
  await eventually(() => expect([...(t.present.get(worker) ?? [])].toSorted()).toEqual(ids))
}
/** A link that was lost is tried again after a pause of the worker's own clock. */
const back = async (worker: WorkerInTest, times = 2): Promise<void> => {
  await eventually(() => {
    worker.clock.advance(50)
    expect(worker.heard.filter((line) => line.startsWith('up '))).toHaveLength(times)
  })
}

describe('between a worker and the writer', () => {
  test('answers and messages of others come merged in the order of the log', async () => {
    const worker = t.worker()
    worker.link.present(visitor)
    await present(0, 'v1')
    for (const id of ['first', 'second']) worker.ask(id)
    const [first, second] = await requestsArrive(2)
    if (first === undefined || second === undefined) throw new Error('no requests')
    for (const position of [1, 3, 5]) t.links.deliver(delivered(position, 'v1'))
    t.links.answer(first.from, first.n, stored(2))
    t.links.answer(second.from, second.n, stored(4))
    t.links.flush()
    await eventually(() => expect(worker.heard).toHaveLength(6))
    expect(worker.heard).toEqual([
      'up i1',
      'message 1',
      'answer first 2',
      'message 3',
      'answer second 4',
      'message 5',
    ])
  })

  test('what is told by handles follows a change of owner within one commit', async () => {
    const [asker, other] = [t.worker(0), t.worker(1)]
    await greeted(asker)
    other.link.present(agent)
    other.link.present({ ...agent, id: 'a2' })
    await present(1, 'a1', 'a2')
    for (const id of ['first', 'second', 'third']) asker.ask(id)
    const requests = await requestsArrive(3)
    const owners = ['a1', 'a1', 'a2']
    for (const [i, { from, n }] of requests.entries()) {
      const outcome = { ...stored(i + 1), epoch: i === 2 ? 2 : 1, owner: owners[i] ?? null, handles }
      t.links.answerPacked(from, n, packed, outcome)
      t.links.deliverPacked(packed, outcome, from)
    }
    t.links.flush()
    await eventually(() => expect(asker.answers).toHaveLength(3))
    await eventually(() => expect(other.messages).toHaveLength(3))
    expect(asker.answers.map(({ answer }) => 'owner' in answer && answer.owner)).toEqual(owners)
    expect(other.messages.map(({ to, position }) => [position, ...to])).toEqual([
      [1, 'v1', 'a1'],
      [2, 'v1', 'a1'],
      [3, 'v1', 'a2'],
    ])
  })

  test('a message goes once to each worker that holds one of its audience, and not to where it came from', async () => {
    const workers = [t.worker(0), t.worker(1), t.worker(2)]
    for (const worker of workers) await greeted(worker)
    workers[0]?.link.present(visitor)
    workers[1]?.link.present(visitor)
    workers[1]?.link.present(agent)
    await present(0, 'v1')
    await present(1, 'a1', 'v1')
    workers[0]?.ask('mine')
    const [{ from } = { from: { number: 9 } }] = await requestsArrive(1)
    expect(t.links.hasAudience(['v1'], from)).toBe(true)
    t.links.deliver(delivered(1, 'v1', 'a1'), from)
    t.links.deliver(delivered(2, 'v1'))
    t.links.flush()
    await eventually(() => expect(workers[0]?.messages).toHaveLength(1))
    await eventually(() => expect(workers[1]?.messages).toHaveLength(2))
    expect(workers.map((worker) => worker.messages.map(({ position }) => position))).toEqual([
      [2],
      [1, 2],
      [],
    ])
  })

  test('a query is answered behind what was committed before it', async () => {
    const worker = t.worker()
    worker.link.present(visitor)
    await present(0, 'v1')
    t.links.deliver(delivered(1, 'v1'))
    worker.link.query({ kind: 'queue', site: 's1' }, (result) =>
      worker.heard.push(`waiting ${result.waiting ?? 0}`),
    )
    await eventually(() => expect(worker.heard).toEqual(['up i1', 'message 1', 'waiting 7']))
  })

  test('a relay reaches the others of a conversation, and nobody when its sender does not take part', async () => {
    const [one, two] = [t.worker(0), t.worker(1)]
    t.conversations.set('c1', record('c1', 'a1'))
    one.link.present(visitor)
    two.link.present(agent)
    await present(0, 'v1')
    await present(1, 'a1')
    one.link.relay('c1', { ...visitor, id: 'v2' }, '"forged"', true)
    one.link.relay('c1', { ...agent, site: 's2' }, '"foreign"', true)
    one.link.relay('c9', visitor, '"nowhere"', true)
    one.link.relay('c1', visitor, '"typing"', false)
    one.link.relay('c1', visitor, '"read"', true)
    await eventually(() => expect(two.heard).toEqual(['up i1', 'relay a1 "typing"', 'relay a1 "read"']))
    await eventually(() => expect(one.heard).toEqual(['up i1', 'relay v1 "read"']))
  })

  test('more than may wait is refused', async () => {
    const worker = t.worker()
    expect(Array.from({ length: 201 }, (_, i) => worker.ask(String(i))).indexOf(false)).toBe(200)
    expect(worker.link.pending()).toBe(200)
    expect((await requestsArrive(200)).map(({ n }) => n)).toEqual(
      Array.from({ length: 200 }, (_, i) => i + 1),
    )
  })

  test('a worker of another run is refused', async () => {
    const worker = t.worker(0, 'another-run')
    worker.link.present(visitor)
    await eventually(() => expect(t.warnings).toEqual(['refused a worker of another run (another-run)']))
    expect(t.told).toEqual([])
    expect(worker.link.connected()).toBe(false)
  })
})

describe('presence', () => {
  test('of one batch is its last word on each', async () => {
    const worker = t.worker()
    worker.link.present(agent)
    await present(0, 'a1')
    worker.link.present(visitor)
    worker.link.absent(visitor)
    worker.link.absent(agent)
    worker.link.present(agent)
    worker.link.present({ ...visitor, id: 'v2' })
    await present(0, 'a1', 'v2')
    expect(t.told).toEqual(['0 has a1', '0 down v1', '0 up a1,v2'])
  })

  test('is told before the requests and queries that depend on it', async () => {
    const worker = t.worker()
    await greeted(worker)
    worker.link.present(visitor)
    worker.link.query({ kind: 'queue', site: 's1' }, () => worker.heard.push([...t.told].join('; ')))
    await eventually(() => expect(worker.heard).toEqual(['up i1', '0 has ; 0 up v1']))
  })

  test('ends with the link', async () => {
    const worker = t.worker()
    worker.link.present(visitor)
    await present(0, 'v1')
    worker.link.close()
    await eventually(() => expect(t.told).toEqual(['0 has v1', '0 lost']))
  })
})

describe('after a lost link', () => {
  test('what was not answered is asked again, in order and under the same numbers, and answered once', async () => {
    const worker = t.worker()
    for (const id of ['one', 'two', 'three']) worker.ask(id)
    const [one] = await requestsArrive(3)
    if (one === undefined) throw new Error('no request')
    t.links.answer(one.from, one.n, stored(1))
    t.links.flush()
    await eventually(() => expect(worker.answers).toHaveLength(1))
    t.links.cut()
    await back(worker)
    expect((await requestsArrive(5)).map(({ n }) => n)).toEqual([1, 2, 3, 2, 3])
    for (const { from, n } of t.requested) t.links.answer(from, n, { status: 'done' })
    t.links.flush()
    await eventually(() => expect(worker.answers).toHaveLength(3))
    expect(worker.answers.map(({ token }) => token)).toEqual(['one', 'two', 'three'])
  })

  test('what was committed meanwhile is replayed, for those who are there', async () => {
    t.conversations.set('c1', record('c1')).set('c2', { ...record('c2'), visitor: 'v2' })
    const worker = t.worker()
    worker.link.present(visitor)
    await present(0, 'v1')
    t.links.deliver(delivered(1, 'v1'))
    t.log.push(committed(1))
    t.links.flush()
    await eventually(() => expect(worker.messages).toHaveLength(1))
    t.links.cut()
    t.log.push(committed(2), committed(3, { conversation: 'c2' }), committed(4))
    t.log.push(committed(5, { stream: 'internal' }))
    await back(worker)
    await eventually(() => expect(worker.messages).toHaveLength(3))
    expect(worker.messages.map(({ position, to }) => [position, to])).toEqual([
      [1, ['v1']],
      [2, ['v1']],
      [4, ['v1']],
    ])
    t.links.cut()
    await back(worker, 3)
    expect(worker.messages).toHaveLength(3)
  })

  test('a change of owner is replayed to the old and the new one, with the conversation as it is now', async () => {
    t.conversations.set('c1', record('c1', 'a2'))
    const worker = t.worker()
    for (const id of ['a1', 'a2', 'a3']) worker.link.present({ ...agent, id })
    await present(0, 'a1', 'a2', 'a3')
    t.links.cut()
    const body = '{"kind":"event","event":"transferred","epoch":2,"owner":"a2","previous":"a1"}'
    t.log.push(committed(1, { body }))
    await back(worker)
    await eventually(() => expect(worker.messages).toHaveLength(1))
    expect(worker.messages[0]).toMatchObject({
      to: ['a2', 'a1'],
      summary: { id: 'c1', owner: 'a2', head: 9 },
    })
  })

  test("another store's history resets the worker", async () => {
    const worker = t.worker()
    await greeted(worker)
    t.links.cut()
    t.incarnation = 'i2'
    await back(worker)
    expect(worker.heard).toEqual(['up i1', 'reconnect: closed by the writer', 'reset', 'up i2'])
  })

  test.each([
    ['is replayed', 200_000, false],
    ['resets the worker', 200_001, true],
  ])('a worker that missed many messages %s: %i', async (_, missed, resets) => {
    const worker = t.worker()
    await greeted(worker)
    t.links.cut()
    t.position = missed
    await back(worker)
    expect(worker.heard.includes('reset')).toBe(resets)
  })

  test("a new process under a dead one's number gets none of its answers, and misses nothing it stored", async () => {
    const dead = t.worker()
    dead.ask('of the dead')
    const [{ from, n } = { from: { number: 9 }, n: 0 }] = await requestsArrive(1)
    dead.link.close()
    await eventually(() => expect(t.told).toContain('0 lost'))
    const born = t.worker()
    born.link.present(visitor)
    await present(0, 'v1')
    born.ask('of the living')
    expect((await requestsArrive(2))[1]?.n).toBe(n)
    t.links.answer(from, n, stored(1))
    t.links.deliver(delivered(1, 'v1'), from)
    t.links.flush()
    await eventually(() => expect(born.heard).toEqual(['up i1', 'message 1']))
    expect(born.answers).toEqual([])
  })
})

describe('a writer that does not answer', () => {
  test('in time leaves all requests unknown, not only the oldest, and none is asked again', async () => {
    const worker = t.worker()
    worker.ask('old')
    await requestsArrive(1)
    worker.clock.advance(9_500)
    worker.ask('young')
    worker.link.query({ kind: 'queue', site: 's1' }, ({ failed }) => worker.heard.push(failed ?? 'answered'))
    await requestsArrive(2)
    await eventually(() => expect(worker.heard).toContain('answered'))
    worker.clock.advance(500)
    const unknown = {
      status: 'failed',
      code: 'unavailable',
      message: 'the store did not answer within 10 s; send the same id again',
    }
    expect(worker.answers).toEqual([
      { token: 'old', answer: unknown },
      { token: 'young', answer: unknown },
    ])
    await back(worker)
    expect(worker.heard).toContain('reconnect: requests were not answered in time')
    worker.ask('next')
    expect(
      (await requestsArrive(3)).map(({ request }) => 'conversation' in request && request.conversation),
    ).toEqual(['old', 'young', 'next'])
  })

  test('is taken for gone when it is silent for 10 s, but not while it repeats its position', async () => {
    const worker = t.worker()
    await greeted(worker)
    worker.clock.advance(9_000)
    worker.link.present(visitor)
    await present(0, 'v1')
    t.links.tick()
    // The relay comes behind the position on the same link.
    t.links.relay(['v1'], '"now"')
    await eventually(() => expect(worker.heard).toContain('relay v1 "now"'))
    worker.clock.advance(9_000)
    expect(worker.link.connected()).toBe(true)
    worker.clock.advance(2_000)
    await eventually(() => expect(worker.heard).toContain('reconnect: the writer is silent'))
  })
})
