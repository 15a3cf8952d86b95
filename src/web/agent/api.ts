import type { AgentSummary } from '../../protocol/frames.ts'

/** The few requests an agent's page makes beside its socket. */
export type Api = {
  readonly login: (login: string, password: string) => Promise<LoginAnswer>
  /** Ends every session of the agent and opens a new one. `token` undefined: by the cookie. */
  readonly changePassword: (token: string | undefined, current: string, next: string) => Promise<LoginAnswer>
  /** Never rejects: without a network the session ends on its own later. */
  readonly logout: (token: string | undefined) => Promise<void>
  /** The site's agents as they are now, also those added since this page connected; undefined when it cannot be known. */
  readonly agents: (token: string | undefined) => Promise<readonly AgentSummary[] | undefined>
}

export type LoginAnswer =
  | { readonly ok: true; readonly token: string; readonly name: string; readonly mustChange: boolean }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly retryAfterMs: number }

/** `base` is the absolute address of the folder the API lives in. */
export function createApi(base: string, fetcher: typeof fetch): Api {
  const bearer = (token: string | undefined) =>
    token === undefined ? {} : { authorization: `Bearer ${token}` }
  const post = async (path: string, body: unknown, token?: string): Promise<unknown> => {
    const response = await fetcher(new URL(path, base), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(token) },
      body: JSON.stringify(body),
    })
    return response.json()
  }
  return {
    login: (login, password) => answered(post('api/v1/login', { login, password })),
    changePassword: (token, current, next) => answered(post('api/v1/password', { current, next }, token)),
    agents: async (token) => {
      try {
        const response = await fetcher(new URL('api/v1/agents', base), { headers: bearer(token) })
        return readAgents(await response.json())
      } catch {
        return undefined
      }
    },
    logout: (token) => post('api/v1/logout', {}, token).then(nothing, nothing),
  }
}

async function answered(request: Promise<unknown>): Promise<LoginAnswer> {
  try {
    return readAnswer(await request)
  } catch {
    return { ok: false, code: 'unreachable', message: '', retryAfterMs: 0 }
  }
}

/** Reads what `login` and `password` answer; anything else counts as a defect of the server. */
export function readAnswer(value: unknown): LoginAnswer {
  const { token, agent, must_change_password: mustChange, error } = fieldsOf(value)
  if (typeof token === 'string') {
    const { name } = fieldsOf(agent)
    return { ok: true, token, name: typeof name === 'string' ? name : '', mustChange: mustChange === true }
  }
  const { code, message, retry_after_ms: wait } = fieldsOf(error)
  return {
    ok: false,
    code: typeof code === 'string' ? code : 'internal',
    message: typeof message === 'string' ? message : '',
    retryAfterMs: typeof wait === 'number' ? wait : 0,
  }
}

/** Reads `{agents: [...]}`; what is no agent is left out. */
export function readAgents(value: unknown): readonly AgentSummary[] | undefined {
  const { agents } = fieldsOf(value)
  return Array.isArray(agents) ? agents.filter(isAgent) : undefined
}

function isAgent(value: unknown): value is AgentSummary {
  const { id, name, status, presence, load, capacity } = fieldsOf(value)
  return (
    typeof id === 'string' &&
    typeof name === 'string' &&
    (status === 'online' || status === 'away' || status === 'offline') &&
    (presence === 'online' || presence === 'offline' || presence === 'unknown') &&
    typeof load === 'number' &&
    typeof capacity === 'number'
  )
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function nothing(): void {
  // Logging out locally is what counts here.
}
