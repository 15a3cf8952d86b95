import { KfError, messageOf } from '../../core/errors.ts'
import type { ConversationSummary, MessageInPage, StreamName } from '../../protocol/frames.ts'
import type { Topology } from '../topology/topology.ts'
import { FreshReader } from './fresh-reader.ts'
import type { Person } from './person.ts'
import { placedOf } from './placed.ts'
import type { Note, Recorder } from './recorder.ts'
import { StoreReader } from './store-reader.ts'

const readersAtOnce = 8

export type ReadBackOptions = {
  readonly topology: Topology
  readonly visitors: readonly Pick<Person, 'name' | 'token'>[]
  readonly recorder: Pick<Recorder, 'note' | 'met'>
  readonly stopped: () => boolean
}

/**
 * Reads every stream of every conversation that anybody met twice: by fresh readers, a visitor its own and an agent the
 * internal ones, and from the store over REST; both past the proxies. Returns what could not be read, in words.
 */
export async function readBack(options: ReadBackOptions): Promise<readonly string[]> {
  const { topology, visitors, recorder, stopped } = options
  const [node] = topology.nodes
  const [agentToken] = topology.agentTokens
  if (node === undefined) return ['there is no node to read back from']
  const address = topology.directAddress(node.name)
  const troubles: string[] = []
  const trying = async (work: () => Promise<void>): Promise<void> => {
    try {
      if (!stopped()) await work()
    } catch (error) {
      if (!(error instanceof KfError)) throw error
      troubles.push(messageOf(error))
    }
  }
  const ofVisitors = new Set<string>()
  await eachOf(visitors, readersAtOnce, ({ name, token }) =>
    trying(async () => {
      if (token === undefined) return
      const reader = await FreshReader.open(address, { site: topology.site, token })
      try {
        for (const conversation of reader.conversations) {
          ofVisitors.add(conversation.id)
          await readStream(reader, `reader-${name}`, conversation, 'public', recorder.note.bind(recorder))
        }
      } finally {
        reader.close()
      }
    }),
  )
  if (agentToken === undefined) return troubles
  const all = new Set([...recorder.met.keys(), ...ofVisitors])
  const store = new StoreReader(restBase(address), agentToken)
  await eachOf([...all], readersAtOnce, (id) =>
    trying(async () => {
      const conversation = { id, ...(await store.summary(id)) }
      for (const stream of ['public', 'internal'] as const)
        await readStream(store, 'store', conversation, stream, recorder.note.bind(recorder))
    }),
  )
  await trying(async () => {
    const reader = await FreshReader.open(address, { token: agentToken })
    try {
      for (const id of all) {
        const streams = ofVisitors.has(id) ? (['internal'] as const) : (['public', 'internal'] as const)
        for (const stream of streams)
          await readStream(reader, 'reader-agent', { id }, stream, recorder.note.bind(recorder))
      }
    } finally {
      reader.close()
    }
  })
  return [...new Set(troubles)]
}

type Streams = Pick<FreshReader, 'stream'>

async function readStream(
  from: Streams,
  p: string,
  {
    id,
    owner,
    state,
  }: Pick<ConversationSummary, 'id'> & Partial<Pick<ConversationSummary, 'owner' | 'state'>>,
  stream: StreamName,
  note: (note: Note) => void,
): Promise<void> {
  // All of a stream is noted together, since other readings run beside it.
  const messages: MessageInPage[] = []
  const head = await from.stream(id, stream, (message) => messages.push(message))
  for (const message of messages) note({ e: 'read', p, ...placedOf(message, id, stream) })
  note({
    e: 'read-end',
    p,
    conversation: id,
    stream,
    head,
    ...(owner === undefined ? {} : { owner }),
    ...(state === undefined ? {} : { state }),
  })
}

/** Where REST lies beside the socket's address. */
export function restBase(address: string): string {
  const url = new URL(address)
  url.protocol = url.protocol.replace('ws', 'http')
  url.pathname = url.pathname.replace(/\/?(?:ws)?$/, '/')
  return url.href
}

async function eachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
