import { expect, test } from 'vitest'
import type { GeneratorResult, ReceivedLog, SentLog } from '../load/ipc.ts'
import { messageState } from '../load/message-log.ts'
import { account } from './account.ts'
import { LatencyHistogram } from './histogram.ts'

const empty = { counts: new LatencyHistogram().counts, sumMs: 0 }
const all = { delivers: true, stores: true }

// Each message as [its ack's seq or null, where it was delivered, where it is stored].
type Story = readonly {
  readonly acked: number | null
  readonly delivered: readonly number[]
  readonly stored: number
}[]

function generator(story: Story, changes: Partial<GeneratorResult> = {}): GeneratorResult {
  const deliveries = Math.max(0, ...story.map(({ delivered }) => delivered.length))
  return {
    generator: 0,
    connectedVisitors: 1,
    connectedAgents: 1,
    sent: story.length,
    acked: story.length,
    errors: 0,
    ackedInWindow: story.length,
    reconnects: 0,
    resumes: 0,
    flows: [],
    flowsNotBegun: 0,
    reasons: [],
    latency: empty,
    delivered: empty,
    slip: empty,
    loopLag: empty,
    receiveLag: empty,
    messages: sentLog(story.map(({ acked }) => acked)),
    answers: sentLog([]),
    messagesReceived: Array.from({ length: deliveries }, (_, n) =>
      receivedLog(
        0,
        story.map(({ delivered }) => delivered[n] ?? 0),
      ),
    ),
    answersReceived: [],
    disorder: { agentsStreams: 0, visitorsStreams: 0 },
    readBack: {
      asked: 1,
      complete: 1,
      seq: Uint32Array.from(story.map(({ stored }) => stored)),
      read: Uint8Array.of(1),
      answers: [],
      duplicates: 0,
      disorder: 0,
    },
    ...changes,
  }
}

function sentLog(acks: readonly (number | null)[]): SentLog {
  return {
    count: acks.length,
    who: new Uint16Array(acks.length),
    state: Uint8Array.from(acks.map((seq) => (seq === null ? messageState.failed : messageState.acked))),
    seq: Uint32Array.from(acks.map((seq) => seq ?? 0)),
    conflictingAcks: 0,
  }
}

function receivedLog(from: number, seqs: readonly number[]): ReceivedLog {
  return { generator: from, seq: Uint32Array.from(seqs), duplicates: 0 }
}

const counts = (results: readonly GeneratorResult[], options = all) => {
  const { lost, undelivered, duplicated, outOfOrder, acked } = account(results, options)
  return { lost, undelivered, duplicated, outOfOrder, acked }
}

const good: Story = [
  { acked: 1, delivered: [1], stored: 1 },
  { acked: 3, delivered: [3], stored: 3 },
]

test('what was acked, delivered and stored under one seq is in order', () => {
  expect(counts([generator(good)])).toEqual({
    lost: 0,
    undelivered: 0,
    duplicated: 0,
    outOfOrder: 0,
    acked: 2,
  })
})

test.each<{ name: string; story: Story; expected: Partial<ReturnType<typeof counts>> }>([
  {
    name: 'acked, stored and never delivered is undelivered',
    story: [{ acked: 1, delivered: [], stored: 1 }],
    expected: { lost: 0, undelivered: 1 },
  },
  {
    name: 'acked, delivered and not in the store is lost',
    story: [{ acked: 1, delivered: [1], stored: 0 }],
    expected: { lost: 1 },
  },
  {
    name: 'neither acked nor delivered is no loss',
    story: [{ acked: null, delivered: [], stored: 0 }],
    expected: { lost: 0, acked: 0 },
  },
  {
    name: 'delivered without an ack is allowed',
    story: [{ acked: null, delivered: [4], stored: 4 }],
    expected: { lost: 0, duplicated: 0 },
  },
  {
    name: 'delivered to two agents is doubled',
    story: [{ acked: 1, delivered: [1, 1], stored: 1 }],
    expected: { duplicated: 1 },
  },
  {
    name: 'delivered under another seq than acked is doubled',
    story: [{ acked: 1, delivered: [2], stored: 1 }],
    expected: { duplicated: 1 },
  },
  {
    name: 'stored under another seq than acked is doubled',
    story: [{ acked: 1, delivered: [1], stored: 9 }],
    expected: { duplicated: 1 },
  },
])('$name', ({ story, expected }) => {
  expect(counts([generator(story)])).toMatchObject(expected)
})

test("a generator's messages are found where another's agents received them", () => {
  const sender = generator(good, { generator: 1, messagesReceived: [] })
  const receiver = generator([], { generator: 0, messagesReceived: [receivedLog(1, [1, 3])] })
  expect(counts([receiver, sender])).toEqual({
    lost: 0,
    undelivered: 0,
    duplicated: 0,
    outOfOrder: 0,
    acked: 2,
  })
})

test('answers are held to the same: one that its visitor never got is undelivered, one that is in no store is lost', () => {
  const answers = sentLog([2, 4, 6])
  const result = generator(good, { answers, answersReceived: [receivedLog(0, [2, 0, 0])] })
  const readBack = { ...result.readBack, answers: [receivedLog(0, [2, 4, 0])] }
  expect(account([{ ...result, readBack }], all)).toMatchObject({
    lost: 1,
    undelivered: 1,
    answersAcked: 3,
    answersUnacked: 0,
  })
})

test('a target that hands nothing on and stores nothing loses nothing that way', () => {
  const story: Story = [{ acked: 1, delivered: [], stored: 0 }]
  expect(counts([generator(story)], { delivers: false, stores: false })).toEqual({
    lost: 0,
    undelivered: 0,
    duplicated: 0,
    outOfOrder: 0,
    acked: 1,
  })
})

test('a conversation that was not read back proves no loss of what was delivered', () => {
  const result = generator([
    { acked: 1, delivered: [1], stored: 0 },
    { acked: 2, delivered: [], stored: 0 },
  ])
  const unread = { ...result, readBack: { ...result.readBack, read: Uint8Array.of(0) } }
  expect(counts([unread])).toMatchObject({ lost: 1, undelivered: 0 })
})

test("a sender's later message under a lower seq is disorder, another sender's is not", () => {
  const messages = sentLog([5, 2, 6, 4])
  const swapped = generator([], { messages: { ...messages, who: Uint16Array.from([0, 1, 0, 0]) } })
  expect(account([swapped], { delivers: false, stores: false }).disorder.senders).toBe(1)
})

test('disorder is summed and told apart', () => {
  const result = generator(good, { disorder: { agentsStreams: 2, visitorsStreams: 4 } })
  const found = account([{ ...result, readBack: { ...result.readBack, disorder: 8 } }], all)
  expect(found.outOfOrder).toBe(14)
  expect(found.disorder).toEqual({ senders: 0, agentsStreams: 2, visitorsStreams: 4, stored: 8 })
})
