import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isConversationId } from '../../protocol/decode.ts'
import { messageInPage, pageFrame } from '../../protocol/encode.ts'
import type { AgentCommand, Conversations, History, QueueSnapshot } from '../../protocol/frames.ts'
import { serverLimits } from '../../protocol/limits.ts'
import { type Caller, mayReadConversation, mayReadStream } from '../access/authorise.ts'
import { agentSummary, summaryFor } from '../access/summary.ts'
import type { ConversationView, Query, QueryResult } from '../bus/wire.ts'
import { carryOut } from './answers.ts'
import { frameOf } from './body.ts'
import { demand, refusal, unavailable } from './errors.ts'
import type { Identity } from './identity.ts'
import type { ApiPorts } from './ports.ts'

const defaultPage = 50
const commands = [
  'accept',
  'transfer',
  'release',
  'close',
  'retract',
] as const satisfies readonly AgentCommand['type'][]

type Params = { Params: { id: string } }
type PageRequest = Params & { Querystring: Readonly<Record<string, unknown>> }

/** Reads and commands. Every answer is the frame that a socket would get. */
export function conversationRoutes(app: FastifyInstance, ports: ApiPorts, identity: Identity): void {
  const ask = async (query: Query): Promise<QueryResult> => {
    const result = await ports.query(query).catch((error: unknown) => {
      throw unavailable(error)
    })
    if (result.failed !== undefined) throw unavailable(result.failed)
    return result
  }

  // Foreign and absent are not told apart.
  const conversation = async (caller: Caller, id: string): Promise<ConversationView> => {
    const found = isConversationId(id)
      ? (await ask({ kind: 'conversation', conversation: id })).conversations[0]
      : undefined
    if (found === undefined || !mayReadConversation(caller, found)) {
      throw refusal('not_found', 'no such conversation')
    }
    return found
  }

  // As the frames that ask the same on a socket.
  const counted = (request: FastifyRequest, caller: Caller): Caller => {
    const waitMs = ports.limits.messages.control({ caller, source: identity.source(request) })
    demand(waitMs, 'requests of this caller')
    return caller
  }

  app.get<{ Querystring: { next?: unknown } }>('/conversations', async (request): Promise<Conversations> => {
    const caller = counted(request, identity.caller(request))
    const before = cursorOf(request.query.next)
    const result = await ask(
      caller.role === 'visitor'
        ? { kind: 'visitor', visitor: caller.id, ...(before === undefined ? {} : { before }) }
        : { kind: 'agent', agent: caller.id, site: caller.site, also: [] },
    )
    return {
      type: 'conversations',
      conversations: result.conversations
        .filter((found) => mayReadConversation(caller, found))
        .map((found) => summaryFor(caller, found)),
      ...(result.more === undefined ? {} : { next: String(result.more) }),
    }
  })

  app.get<Params>('/conversations/:id', async (request) => {
    const caller = counted(request, identity.caller(request))
    return summaryFor(caller, await conversation(caller, request.params.id))
  })

  app.get<PageRequest>('/conversations/:id/messages', async (request, reply) => {
    const caller = counted(request, identity.caller(request))
    const found = await conversation(caller, request.params.id)
    const latest = request.query['before'] === undefined && request.query['after'] === undefined
    const frame = historyOf(found.id, request.query, latest)
    const stream = frame.stream ?? 'public'
    if (!mayReadStream(caller, found, stream)) throw refusal('not_found', 'no such conversation')
    const head = found[stream]
    const messages = ports.reader.page({
      conversation: found.id,
      stream,
      head,
      limit: frame.limit,
      ...(frame.after === undefined ? {} : { after: frame.after }),
      ...(frame.before === undefined ? {} : { before: Math.min(frame.before, head.head + 1) }),
    })
    // Bodies are JSON in the store already; nothing is parsed only to be written again.
    return reply.type('application/json; charset=utf-8').send(
      pageFrame({
        conversation: found.id,
        stream,
        ...(latest || frame.before === undefined ? {} : { before: frame.before }),
        ...(frame.after === undefined ? {} : { after: frame.after }),
        messages: messages.map(({ body, ...message }) => messageInPage({ ...message, bodyJson: body })),
        head: head.head,
      }),
    )
  })

  app.post<Params>('/conversations/:id/read', async (request) => {
    const caller = counted(request, identity.caller(request))
    const frame = frameOf('read', { conversation: request.params.id }, request.body)
    await conversation(caller, frame.conversation)
    ports.messages.read(caller, frame)
    return {}
  })

  for (const command of commands) {
    app.post<Params>(`/conversations/:id/${command}`, async (request) => {
      const caller = identity.agent(request)
      const frame = frameOf(command, { conversation: request.params.id }, request.body)
      await conversation(caller, frame.conversation)
      return await carryOut(ports, caller, frame, identity.source(request))
    })
  }

  app.get('/queue', async (request): Promise<QueueSnapshot> => {
    const caller = counted(request, identity.agent(request))
    const result = await ask({ kind: 'queue', site: caller.site })
    const shown = result.conversations.slice(0, serverLimits.queue_snapshot)
    return {
      type: 'queue',
      waiting: result.waiting ?? result.conversations.length,
      conversations: shown.map((found) => summaryFor(caller, found)),
    }
  })

  app.get('/agents', async (request) => {
    const caller = counted(request, identity.agent(request))
    const result = await ask({ kind: 'floor', site: caller.site })
    return { agents: (result.agents ?? []).map(agentSummary) }
  })
}

function historyOf(conversation: string, query: Readonly<Record<string, unknown>>, latest: boolean): History {
  const numbers = ['before', 'after', 'limit'].flatMap((field) =>
    query[field] === undefined ? [] : [[field, numberOf(query[field])]],
  )
  const defaults = { limit: defaultPage, ...(latest ? { before: Number.MAX_SAFE_INTEGER } : {}) }
  return frameOf('history', { conversation }, { ...defaults, ...query, ...Object.fromEntries(numbers) })
}

// What is no number stays as it is: the decoder says what is wrong with it.
function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
}

function cursorOf(next: unknown): number | undefined {
  if (next === undefined) return undefined
  const cursor = numberOf(next)
  if (typeof cursor === 'number' && Number.isSafeInteger(cursor)) return cursor
  throw refusal('bad_frame', 'next: must be the next of an earlier answer')
}
