import type { MessageInPage, StreamName } from '../../src/protocol/frames.ts'
import { type Client, connect } from './client.ts'
import type { BenchSite } from './node.ts'
import type { User } from './user.ts'

type Reader = Pick<User, 'token' | 'outcomes' | 'seen'>

/** Every stream of every conversation of these visitors, read back by fresh readers. */
export type ReadBack = ReadonlyMap<string, readonly MessageInPage[]>

/** The visitors read their own conversations; the agent reads internal streams, and what they met besides. */
export async function readBack(
  wsUrl: string,
  bench: BenchSite,
  visitors: readonly Reader[],
  agents: readonly Reader[],
): Promise<ReadBack> {
  const streams = new Map<string, readonly MessageInPage[]>()
  const agent = await connect(wsUrl, { token: bench.agents[0]?.token ?? '' })
  for (const { token } of visitors) {
    if (token === undefined) continue
    const reader = await connect(wsUrl, { site: bench.site.key, token })
    for (const { id } of reader.welcome.conversations) {
      for (const stream of ['public', 'internal'] as const) {
        streams.set(`${id}/${stream}`, await readStream(stream === 'public' ? reader : agent, id, stream))
      }
    }
    reader.terminate()
  }
  for (const conversation of new Set([...visitors, ...agents].flatMap(conversationsMet))) {
    if (streams.has(`${conversation}/public`)) continue
    for (const stream of ['public', 'internal'] as const) {
      streams.set(`${conversation}/${stream}`, await readStream(agent, conversation, stream))
    }
  }
  agent.terminate()
  return streams
}

// An agent may still hold conversations of people who are no longer here.
function conversationsMet(user: Reader): string[] {
  const acked = [...user.outcomes.values()].flatMap((outcome) =>
    outcome.status === 'acked' ? [outcome.conversation] : [],
  )
  return [...acked, ...Array.from(user.seen.keys(), (thread) => thread.split('/')[0] ?? '')]
}

async function readStream(
  client: Client,
  conversation: string,
  stream: StreamName,
): Promise<MessageInPage[]> {
  const messages: MessageInPage[] = []
  for (;;) {
    const after = messages.at(-1)?.seq ?? 0
    client.send({ type: 'history', conversation, stream, after, limit: 200 })
    const page = await client.next(
      'page',
      (frame) => frame.conversation === conversation && frame.stream === stream && frame.after === after,
    )
    messages.push(...page.messages)
    if (page.messages.length === 0 || (messages.at(-1)?.seq ?? 0) >= page.head) return messages
  }
}

/** Each broken promise as a line; none when all are kept. The names are those of docs/architecture.md. */
export function brokenPromises(users: readonly User[], stored: ReadBack): string[] {
  return [
    ...noAckedLoss(users, stored),
    ...noDuplicate(stored),
    ...agreement(users, stored),
    ...gapless(users, stored),
    ...senderOrder(users, stored),
    ...oneOwner(stored),
  ]
}

/** A line for each reader that was not shown a thread to its end. Told only once nothing is on its way any more. */
export function notConverged(readers: readonly Pick<User, 'seen'>[], stored: ReadBack): string[] {
  return readers.flatMap(({ seen }) =>
    [...seen].flatMap(([thread, messages]) => {
      const last = messages.at(-1)?.seq ?? 0
      const head = stored.get(thread)?.length ?? 0
      return last === head ? [] : [`convergence: ${thread} was shown up to ${last}, its head is ${head}`]
    }),
  )
}

function noAckedLoss(users: readonly User[], stored: ReadBack): string[] {
  return users.flatMap((user) =>
    [...user.outcomes.values()].flatMap((outcome) => {
      if (outcome.status !== 'acked') return []
      const found = stored
        .get(`${outcome.conversation}/${outcome.stream}`)
        ?.find(({ seq }) => seq === outcome.seq)
      return found?.id === outcome.id
        ? []
        : [
            `no_acked_loss: ${outcome.id} was acked as ${outcome.conversation}/${outcome.seq}, where ${found?.id ?? 'nothing'} is`,
          ]
    }),
  )
}

function noDuplicate(stored: ReadBack): string[] {
  const places = new Map<string, string>()
  const broken: string[] = []
  for (const [thread, messages] of stored) {
    for (const { from, id, seq } of messages) {
      const key = `${from.id} ${id}`
      const place = `${thread}/${seq}`
      const other = places.get(key)
      if (other !== undefined) broken.push(`no_duplicate: ${key} stands at ${other} and ${place}`)
      places.set(key, place)
    }
  }
  return broken
}

function agreement(users: readonly User[], stored: ReadBack): string[] {
  return users.flatMap((user) =>
    [...user.seen].flatMap(([thread, messages]) =>
      messages.flatMap(({ seq, id }) => {
        const truth = stored.get(thread)?.find((message) => message.seq === seq)
        return truth?.id === id
          ? []
          : [`agreement: ${thread}/${seq} was shown as ${id}, stored is ${truth?.id ?? 'nothing'}`]
      }),
    ),
  )
}

function gapless(users: readonly User[], stored: ReadBack): string[] {
  const broken: string[] = []
  for (const [thread, messages] of stored) {
    for (const [i, { seq }] of messages.entries()) {
      if (seq !== i + 1) broken.push(`gapless: the store has ${thread}/${seq} at place ${i + 1}`)
    }
  }
  for (const user of users) {
    for (const conversation of user.resets) broken.push(`gapless: ${conversation} was reset`)
    for (const [thread, messages] of user.seen) {
      for (const [i, { seq }] of messages.entries()) {
        const before = messages[i - 1]?.seq
        if (before !== undefined && seq !== before + 1)
          broken.push(`gapless: ${thread} was shown ${seq} after ${before}`)
      }
    }
  }
  return broken
}

function senderOrder(users: readonly User[], stored: ReadBack): string[] {
  const broken: string[] = []
  for (const user of users) {
    const order = new Map(user.sent.map((id, place) => [id, place]))
    for (const [thread, messages] of stored) {
      let last = -1
      for (const { id, seq } of messages) {
        const place = order.get(id)
        if (place === undefined) continue
        if (place < last) broken.push(`sender_order: ${thread}/${seq} was sent before what stands above it`)
        last = place
      }
    }
  }
  return broken
}

function oneOwner(stored: ReadBack): string[] {
  const broken: string[] = []
  for (const [thread, messages] of stored) {
    let epoch = 0
    let owner: string | undefined
    for (const { body, from, seq } of messages) {
      if (body.kind === 'event') {
        if (body.event !== 'retracted' && body.epoch !== epoch + 1) {
          broken.push(`one_owner: ${thread}/${seq} ${body.event} has epoch ${body.epoch} after ${epoch}`)
        }
        epoch = body.epoch
        if (body.event === 'assigned' || body.event === 'transferred') owner = body.owner
        else if (body.event !== 'retracted') owner = undefined
      } else if (from.role === 'agent' && thread.endsWith('/public') && from.id !== owner) {
        broken.push(`one_owner: ${thread}/${seq} is from ${from.id} while ${owner ?? 'nobody'} owned it`)
      }
    }
  }
  return broken
}
