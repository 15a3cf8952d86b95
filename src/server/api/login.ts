import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { KfError } from '../../core/errors.ts'
import { clearedSessionCookie, sessionCookie, sessionTokenInCookie } from '../access/cookie.ts'
import { type Session, sessionLivesMs } from '../access/credentials.ts'
import type { Request } from '../bus/wire.ts'
import { createGate } from '../limits/gate.ts'
import type { LoginTry } from '../limits/limits.ts'
import {
  checkNewPassword,
  hashPassword,
  hashToken,
  newSessionToken,
  passwordChars,
  verifyNothing,
  verifyPassword,
} from '../people/password.ts'
import type { AgentRecord } from '../storage/store.ts'
import { bodyFields, textField } from './body.ts'
import { demand, refusal, refusalOfAnswer, retryAfterMs, unavailable } from './errors.ts'
import type { Identity } from './identity.ts'
import type { ApiPorts } from './ports.ts'

/** argon2 runs at once, and waiting: 19 MiB each. */
export const hashing = { concurrent: 2, waiting: 32 } as const

const loginFields = new Set(['login', 'password'])
const passwordFields = new Set(['current', 'next'])
const loginChars = 255
const anyPasswordChars = 4_096

/** Who hashes and compares; a test counts the calls instead of spending 40 ms on each. */
export type Passwords = {
  readonly hash: (password: string) => Promise<string>
  readonly verify: (password: string, phc: string) => Promise<boolean>
  readonly verifyNothing: (password: string) => Promise<false>
}

const argon2: Passwords = { hash: hashPassword, verify: verifyPassword, verifyNothing }

/** POST login, logout and password; GET session. */
export function loginRoutes(
  app: FastifyInstance,
  ports: ApiPorts,
  identity: Identity,
  passwords: Passwords = argon2,
): void {
  const { directory } = ports.reader
  const gate = createGate(hashing)

  const commit = async (...requests: readonly Request[]): Promise<void> => {
    // Sent together they are committed in this order, mostly in one transaction.
    const answers = await Promise.all(requests.map((request) => ports.submit(request))).catch(
      (error: unknown) => {
        throw unavailable(error)
      },
    )
    for (const answer of answers) {
      const refused = refusalOfAnswer(answer)
      if (refused !== undefined) throw refused
    }
  }

  const withHashing = async <T>(task: () => Promise<T>, onBusy: () => void = () => undefined): Promise<T> => {
    const done = await gate.run(task)
    if (done !== undefined) return done.value
    onBusy()
    throw refusal('busy', 'too many people log in at this moment', retryAfterMs)
  }

  // Counts tries before they are made, so that many at once count as many; `giveBack` for the one that was right.
  const count = (request: FastifyRequest, login: string): LoginTry => {
    const counted = ports.limits.login(identity.source(request), login)
    demand(counted.waitMs, 'tries')
    return counted
  }

  const liveSession = (request: FastifyRequest): Session | undefined => {
    try {
      return identity.session(request)
    } catch (error) {
      if (error instanceof KfError && error.code === 'unauthenticated') return undefined
      throw error
    }
  }

  const openSession = async (
    request: FastifyRequest,
    reply: FastifyReply,
    agent: Pick<AgentRecord, 'id' | 'name' | 'role'>,
    mustChange: boolean,
    before: readonly Request[] = [],
  ) => {
    const now = ports.clock.now()
    const token = newSessionToken(ports.random)
    const expiresAt = now + sessionLivesMs
    await commit(...before, {
      kind: 'put_session',
      session: { tokenHash: hashToken(token), agent: agent.id, createdAt: now, expiresAt },
    })
    void reply.header('set-cookie', sessionCookie(token, sessionLivesMs, identity.place(request)))
    return { token, ...sessionView(agent, expiresAt, mustChange) }
  }

  app.post('/login', async (request, reply) => {
    identity.requireOwnPage(request)
    const fields = bodyFields(request.body, loginFields)
    const login = textField(fields, 'login', loginChars)
    const password = textField(fields, 'password', anyPasswordChars)
    const tries = count(request, login)
    const agent = directory.agentByLogin(login)
    const right = await withHashing(() => isRight(password, agent, passwords), tries.giveBack)
    if (agent === undefined || !right) throw refusal('unauthenticated', 'login or password is wrong')
    tries.giveBack()
    return openSession(request, reply, agent, agent.mustChangePassword)
  })

  app.get('/session', (request) => {
    const { agent, expiresAt, restricted } = identity.session(request)
    return sessionView(agent, expiresAt, restricted)
  })

  app.post('/logout', async (request, reply) => {
    const { authorization, cookie } = request.headers
    void reply.header('set-cookie', clearedSessionCookie(identity.place(request)))
    const hasToken = authorization !== undefined || sessionTokenInCookie(cookie) !== undefined
    const session = hasToken ? liveSession(request) : undefined
    if (session !== undefined) await commit({ kind: 'end_sessions', tokenHash: session.tokenHash })
    return {}
  })

  app.post('/password', async (request, reply) => {
    const { agent } = identity.session(request)
    const fields = bodyFields(request.body, passwordFields)
    const current = textField(fields, 'current', anyPasswordChars)
    const next = textField(fields, 'next', anyPasswordChars)
    checkChoice(current, next)
    const tries = count(request, agent.login)
    const right = await withHashing(() => isRight(current, agent, passwords), tries.giveBack)
    if (!right) throw refusal('forbidden', 'the current password is wrong')
    tries.giveBack()
    const { version: _, ...record } = agent
    const passwordHash = await withHashing(() => passwords.hash(next))
    return openSession(request, reply, agent, false, [
      { kind: 'put_agent', agent: { ...record, passwordHash, mustChangePassword: false } },
      { kind: 'end_sessions', agent: agent.id },
    ])
  })
}

function sessionView(
  agent: Pick<AgentRecord, 'id' | 'name' | 'role'>,
  expiresAt: number,
  mustChange: boolean,
) {
  return {
    expires_at: expiresAt,
    agent: { id: agent.id, name: agent.name, role: agent.role },
    must_change_password: mustChange,
  }
}

// NOTE: an unknown login, a disabled agent and one without a password must cost as much as a wrong password, or the time of
// the answer tells which logins exist; so must a password that is too long to be anyone's.
async function isRight(
  password: string,
  agent: AgentRecord | undefined,
  passwords: Passwords,
): Promise<boolean> {
  const hasPassword = agent?.passwordHash.startsWith('$argon2id$') === true
  if (agent === undefined || agent.disabled || !hasPassword || password.length > passwordChars.max) {
    return passwords.verifyNothing(password)
  }
  return passwords.verify(password, agent.passwordHash)
}

function checkChoice(current: string, next: string): void {
  if (next === current) throw refusal('bad_frame', 'next: is the current password; choose another')
  try {
    checkNewPassword(next)
  } catch (error) {
    throw error instanceof KfError ? refusal('bad_frame', error.message) : error
  }
}
