import { WebSocket } from 'ws'
import { uuidv7 } from '../../src/core/ids.ts'
import type {
  Ack,
  ClientFrame,
  ConversationSummary,
  ErrorFrame,
  Hello,
  Message,
  ServerFrame,
  Welcome,
} from '../../src/protocol/frames.ts'
import { waitUntil } from './wait.ts'

type Of<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>

/** A raw kf.v1 client that keeps every frame it gets: the tests' view of the wire, with nothing clever in between. */
export type Client = {
  readonly frames: ServerFrame[]
  readonly socket: WebSocket
  readonly welcome: Welcome
  readonly send: (frame: ClientFrame | Record<string, unknown>) => void
  /** Sends a text message; resolves with the ack, rejects with the error frame as text. */
  readonly say: (
    text: string,
    more?: { conversation?: string; id?: string; epoch?: number; stream?: 'public' | 'internal' },
  ) => Promise<Ack>
  readonly command: (frame: Record<string, unknown> & { type: string }) => Promise<Ack>
  /** The first frame of the type that fits, waiting for it. */
  readonly next: <Type extends ServerFrame['type']>(
    type: Type,
    fits?: (frame: Of<Type>) => boolean,
  ) => Promise<Of<Type>>
  readonly all: <Type extends ServerFrame['type']>(type: Type) => Of<Type>[]
  readonly messages: (conversation: string, stream?: string) => Message[]
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  readonly close: () => void
  readonly terminate: () => void
}

export async function connect(url: string, hello: Omit<Hello, 'type'>): Promise<Client> {
  const client = await open(url)
  client.send({ type: 'hello', ...hello })
  await Promise.race([
    client.next('welcome'),
    client.closed.then(({ code, reason }) => Promise.reject(new Error(`closed ${code} ${reason}`))),
  ])
  return client
}

/** Connects and says nothing yet. */
export async function open(url: string, headers: Record<string, string> = {}): Promise<Client> {
  const socket = new WebSocket(url, 'kf.v1', { headers })
  const frames: ServerFrame[] = []
  socket.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as ServerFrame)
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => {
      resolve({ code, reason: reason.toString() })
    })
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => undefined)
  const all = <Type extends ServerFrame['type']>(type: Type): Of<Type>[] =>
    frames.filter((frame): frame is Of<Type> => frame.type === type)
  const next: Client['next'] = async (type, fits = () => true) => {
    await waitUntil(`a ${type} frame`, () => all(type).some(fits))
    const found = all(type).find(fits)
    if (found === undefined) throw new Error(`no ${type} frame`)
    return found
  }
  const send: Client['send'] = (frame) => {
    socket.send(JSON.stringify(frame))
  }
  const outcome = async (id: string, since: number): Promise<Ack> => {
    const answer = (): Ack | ErrorFrame | undefined =>
      frames
        .slice(since)
        .find(
          (frame): frame is Ack | ErrorFrame =>
            (frame.type === 'ack' || frame.type === 'error') && frame.id === id,
        )
    await waitUntil(`the answer to ${id}`, () => answer() !== undefined)
    const found = answer()
    if (found?.type === 'ack') return found
    throw new Error(`${found?.code ?? '?'}: ${found?.message ?? ''}`)
  }
  return {
    frames,
    socket,
    get welcome() {
      const [first] = all('welcome')
      if (first === undefined) throw new Error('no welcome yet')
      return first
    },
    send,
    say: (text, { id = newId(), ...more } = {}) => {
      const since = frames.length
      send({ type: 'send', id, body: { kind: 'text', text }, ...more })
      return outcome(id, since)
    },
    command: (frame) => {
      const id = typeof frame['id'] === 'string' ? frame['id'] : newId()
      const since = frames.length
      send({ ...frame, id })
      return outcome(id, since)
    },
    next,
    all,
    messages: (conversation, stream = 'public') =>
      all('message').filter((message) => message.conversation === conversation && message.stream === stream),
    closed,
    close: () => {
      socket.close(1000)
    },
    terminate: () => {
      socket.terminate()
    },
  }
}

export function newId(): string {
  return uuidv7(Date.now())
}

/** The agent's latest word on a conversation. */
export function lastSummary(client: Client, conversation: string): ConversationSummary {
  const found = [
    ...client.welcome.conversations,
    ...client.all('conversation').map((frame) => frame.conversation),
  ].findLast((summary) => summary.id === conversation)
  if (found === undefined) throw new Error(`no summary of ${conversation}`)
  return found
}
