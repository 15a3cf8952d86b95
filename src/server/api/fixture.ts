import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ManualClock, manualClock } from '../../core/clock.ts'
import { cryptoRandomBytes, uuidv7 } from '../../core/ids.ts'
import type { AgentCommand, Read, Send } from '../../protocol/frames.ts'
import { addressKey, trustedProxies } from '../access/address.ts'
import type { Caller } from '../access/authorise.ts'
import type { Answer, ConversationView, Query, QueryResult, Request } from '../bus/wire.ts'
import { defaultLimits, type LimitsConfig } from '../limits/config.ts'
import { createLimits } from '../limits/limits.ts'
import { hashToken } from '../people/password.ts'
import type { AgentRecord, SessionRecord, SiteRecord, StoredMessage } from '../storage/store.ts'
import { type Api, createApi } from './api.ts'
import type { Passwords } from './login.ts'
import type { ApiConfig, ApiPorts, EventSink } from './ports.ts'

/** For tests: the API over a store of a few maps, with everything it was asked written down. */
export type Fixture = {
  readonly api: Api
  readonly clock: ManualClock
  readonly sites: readonly SiteRecord[]
  readonly agents: Map<string, AgentRecord>
  readonly sessions: Map<string, SessionRecord>
  readonly conversations: Map<string, ConversationView>
  readonly messages: Map<string, readonly StoredMessage[]>
  readonly submitted: Request[]
  readonly sent: { readonly caller: Caller; readonly frame: Send | AgentCommand }[]
  readonly reads: { readonly caller: Caller; readonly frame: Read }[]
  readonly subscriptions: {
    readonly caller: Caller
    readonly sink: EventSink
    readonly resume: unknown
    ended: boolean
  }[]
  readonly logged: string[]
  /** Calls counted; while `hold` is set, they wait for it. */
  readonly passwords: { verified: number; verifiedNothing: number; hold: Promise<void> | undefined }
  /** What the pipeline answers next; else a stored message of `conversation1`. */
  answer: Answer | undefined
  /** The writer cannot be reached. */
  down: boolean
  /** A live session's token for an agent. */
  readonly logIn: (agent: string) => string
}

export const conversation1 = 'aaaaaaaaaaaaaaa2'
export const firstId = uuidv7(1_700_000_000_000)

export async function createFixture(
  config: Partial<ApiConfig> = {},
  options: { readonly realPasswords?: boolean; readonly limits?: LimitsConfig } = {},
): Promise<Fixture> {
  const clock = manualClock()
  const sites = [siteRecord('bench', true), siteRecord('s1', false), siteRecord('s2', false)]
  const agents = new Map([agentRecord('a1', 's1'), agentRecord('a2', 's2')].map((agent) => [agent.id, agent]))
  const sessions = new Map<string, SessionRecord>()
  const conversations = new Map<string, ConversationView>()
  const messages = new Map<string, readonly StoredMessage[]>()

  const submit = (request: Request): Answer => {
    fixture.submitted.push(request)
    if (request.kind === 'put_session') sessions.set(request.session.tokenHash, request.session)
    if (request.kind === 'put_agent') agents.set(request.agent.id, { ...request.agent, version: 2 })
    if (request.kind === 'end_sessions') {
      for (const [hash, session] of sessions) {
        if (hash === request.tokenHash || session.agent === request.agent) sessions.delete(hash)
      }
    }
    return { status: 'done' }
  }
  const query = (asked: Query): QueryResult => {
    const all = [...conversations.values()]
    switch (asked.kind) {
      case 'conversation':
        return { conversations: all.filter((found) => found.id === asked.conversation) }
      case 'visitor':
        return { conversations: all.filter((found) => found.visitor === asked.visitor), more: 4711 }
      case 'agent':
        return { conversations: all.filter((found) => found.owner === asked.agent) }
      case 'queue':
        return { conversations: all.filter((found) => found.state === 'queued'), waiting: 1 }
      case 'floor':
        return {
          conversations: [],
          agents: [{ id: 'a1', name: 'A1', status: 'online', presence: 'online', load: 1, capacity: 5 }],
        }
    }
  }

  const limits = createLimits({
    config: options.limits ?? defaultLimits,
    clock,
    workers: 1,
    addresses: { keyOf: addressKey, listOf: trustedProxies },
    site: (id) => sites.find((site) => site.id === id),
  })
  const folder = builtPages()
  const ports: ApiPorts = {
    clock,
    limits,
    random: cryptoRandomBytes,
    config: { trustedProxies: [], webFolder: folder, ...config },
    log: {
      warn: (_, message) => fixture.logged.push(message),
      error: (fields) => fixture.logged.push(String(fields['error'])),
    },
    reader: {
      close: () => undefined,
      page: ({ conversation, stream, before, after, limit }) => {
        const stored = messages.get(`${conversation}/${stream}`) ?? []
        if (after !== undefined) return stored.filter(({ seq }) => seq > after).slice(0, limit)
        return stored.filter(({ seq }) => seq < (before ?? 0)).slice(-limit)
      },
      directory: {
        sites: () => sites,
        site: (id) => sites.find((site) => site.id === id),
        siteByKey: (key) => sites.find((site) => site.key === key),
        agents: () => [...agents.values()],
        agent: (id) => agents.get(id),
        agentByLogin: (login) => [...agents.values()].find((agent) => agent.login === login),
        session: (hash) => sessions.get(hash),
        visitor: () => undefined,
      },
    },
    query: (asked) => (fixture.down ? Promise.reject(new Error('down')) : Promise.resolve(query(asked))),
    submit: (request) =>
      fixture.down ? Promise.reject(new Error('down')) : Promise.resolve(submit(request)),
    messages: {
      send: (caller, frame) => {
        if (fixture.down) return Promise.reject(new Error('down'))
        fixture.sent.push({ caller, frame })
        return Promise.resolve(fixture.answer ?? stored(fixture.sent.length))
      },
      read: (caller, frame) => fixture.reads.push({ caller, frame }),
    },
    subscribe: (caller, sink, resume) => {
      const subscription = { caller, sink, resume, ended: false }
      fixture.subscriptions.push(subscription)
      sink.write('{"type":"welcome"}')
      return () => {
        subscription.ended = true
      }
    },
  }

  const counted: Fixture['passwords'] = { verified: 0, verifiedNothing: 0, hold: undefined }
  const passwords: Passwords = {
    hash: (password) => Promise.resolve(phc(password)),
    verify: async (password, hash) => {
      counted.verified += 1
      await counted.hold
      return hash === phc(password)
    },
    verifyNothing: async () => {
      counted.verifiedNothing += 1
      await counted.hold
      return false
    },
  }

  const fixture: Fixture = {
    api: await (options.realPasswords === true ? createApi(ports) : createApi(ports, passwords)),
    clock,
    sites,
    agents,
    sessions,
    conversations,
    messages,
    submitted: [],
    sent: [],
    reads: [],
    subscriptions: [],
    logged: [],
    passwords: counted,
    answer: undefined,
    down: false,
    logIn: (agent) => {
      const token = `${agent}-${sessions.size}`.padEnd(43, '_')
      const createdAt = clock.now()
      sessions.set(hashToken(token), {
        tokenHash: hashToken(token),
        agent,
        createdAt,
        expiresAt: createdAt + 1_000,
      })
      return token
    },
  }
  // The API holds the pages in memory by now.
  rmSync(folder, { recursive: true })
  return fixture
}

export function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` }
}

export function phc(password: string): string {
  return `$argon2id$fake$${password}`
}

export function conversationView(
  fields: Partial<ConversationView> & { readonly id: string },
): ConversationView {
  return {
    site: 's1',
    visitor: 'vaaaaaaaaaaaaaaa',
    state: 'assigned',
    epoch: 2,
    owner: 'a1',
    ownerName: 'A1',
    waitingSince: 5,
    opened: 4,
    public: { head: 3, headPosition: 30 },
    internal: { head: 1, headPosition: 31 },
    read: { visitor: 1, agent: 2 },
    visitorPresence: 'online',
    pageUrl: 'https://shop.example/',
    ...fields,
  }
}

export function storedMessages(count: number): readonly StoredMessage[] {
  return Array.from({ length: count }, (_, index) => ({
    seq: index + 1,
    id: uuidv7(1_700_000_000_000 + index, (length) => new Uint8Array(length)),
    from: { role: 'visitor' as const, id: 'vaaaaaaaaaaaaaaa' },
    body: JSON.stringify({ kind: 'text', text: `第${index + 1}条 <b>` }),
    at: 1_700_000_000_000 + index,
  }))
}

function stored(seq: number): Answer {
  return {
    status: 'stored',
    position: seq,
    conversation: conversation1,
    stream: 'public',
    seq,
    at: 1_700_000_000_000,
    epoch: 1,
    visitor: 'v',
    owner: null,
  }
}

function siteRecord(id: string, sealed: boolean): SiteRecord {
  return {
    id,
    key: `key-${id}`,
    secret: Buffer.alloc(32, id).toString('base64url'),
    name: `Site ${id}`,
    origins: [`https://${id}.example`],
    sealed,
  }
}

function agentRecord(id: string, site: string): AgentRecord {
  return {
    id,
    site,
    login: `login-${id}`,
    name: id.toUpperCase(),
    role: 'agent',
    passwordHash: phc('right password'),
    mustChangePassword: false,
    capacity: 5,
    status: 'online',
    disabled: false,
    version: 1,
  }
}

function builtPages(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kf-web-'))
  for (const name of ['demo', 'agent']) {
    writeFileSync(
      join(folder, `${name}.html`),
      `<html lang="zh-CN"><head><link href="assets/${name}.css"><script type="application/json" id="kf-config"></script>` +
        `<script defer src="assets/${name}.js"></script></head></html>`,
    )
    writeFileSync(join(folder, `${name}.js`), `console.log("${name}")\n`.repeat(40))
    writeFileSync(join(folder, `${name}.css`), 'body{}')
  }
  writeFileSync(join(folder, 'notes.txt'), 'not served')
  return folder
}
