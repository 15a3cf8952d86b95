import { isIP } from 'node:net'
import { WebSocket } from 'ws'
import { messageOf } from '../../core/errors.ts'
import { subprotocol } from '../../protocol/frames.ts'
import type { Texts } from '../i18n/texts.ts'
import type { Finding } from './finding.ts'

const answerWithinMs = 10_000

export type ProxyCheck = {
  /** As given: the address visitors use; may have a path. */
  readonly url: URL
  readonly idleForMs: number
  readonly texts: Texts['doctor']
  readonly fetch: typeof fetch
  /** Told once a second while a silent connection is held. */
  readonly progress: (elapsedMs: number) => void
}

/** Looks at a running node through whatever stands before it; stops at the first thing without which the rest means nothing. */
export async function* proxyFindings(check: ProxyCheck): AsyncGenerator<Finding> {
  const site = await reach(check)
  yield site.finding
  if (site.key === undefined) return
  yield await seenAddress(check)
  const opened = await upgrade(check, site.key)
  yield opened.finding
  if (opened.socket === undefined) return
  yield await holdIdle(check, opened.socket)
}

/** `url` with a slash at its end, so that what is below keeps its path. */
export function baseOf(url: URL): URL {
  return url.pathname.endsWith('/') ? new URL(url.pathname, url) : new URL(`${url.pathname}/`, url)
}

async function reach({
  url,
  texts,
  fetch,
}: ProxyCheck): Promise<{ readonly finding: Finding; readonly key?: string }> {
  const target = new URL('api/v1/site', baseOf(url))
  const started = performance.now()
  const base = { id: 'http', what: texts.http }
  try {
    const response = await fetch(target, { signal: AbortSignal.timeout(answerWithinMs), redirect: 'manual' })
    const text = await response.text()
    const took = `${Math.round(performance.now() - started)} ms`
    const location = response.headers.get('location')
    if (location !== null) {
      return {
        finding: {
          ...base,
          status: 'fail',
          value: `${response.status} → ${location}`,
          fix: texts.redirectFix,
        },
      }
    }
    const key = response.ok ? siteKeyOf(text) : undefined
    if (key !== undefined) return { finding: { ...base, status: 'ok', value: `${target.href} ${took}` }, key }
    const fix = texts.httpFix(baseOf(url).pathname)
    return {
      finding: {
        ...base,
        status: 'fail',
        value: `${target.href}: ${response.status}`,
        limits: texts.notKf,
        fix,
      },
    }
  } catch (error) {
    return {
      finding: {
        ...base,
        status: 'fail',
        value: `${target.href}: ${reasonOf(error)}`,
        fix: texts.unreachableFix,
      },
    }
  }
}

async function seenAddress({ url, texts, fetch }: ProxyCheck): Promise<Finding> {
  const base = { id: 'client_address', what: texts.address }
  try {
    const response = await fetch(new URL('api/v1/whoami', baseOf(url)), {
      signal: AbortSignal.timeout(answerWithinMs),
    })
    return addressFinding(await response.json(), url.hostname, texts)
  } catch (error) {
    return { ...base, status: 'fail', value: reasonOf(error) }
  }
}

/** What kf takes for the client's address, and what `trusted_proxies` has to say for it. */
export function addressFinding(answer: unknown, host: string, texts: Texts['doctor']): Finding {
  const base = { id: 'client_address', what: texts.address }
  const { address, via, forwarded } = answer as {
    readonly address?: unknown
    readonly via?: unknown
    readonly forwarded?: unknown
  }
  if (typeof address !== 'string')
    return { ...base, status: 'fail', value: JSON.stringify(answer).slice(0, 80) }
  if (Array.isArray(via) && via.length > 0) {
    return { ...base, status: 'ok', value: texts.addressVia(address, via.map(String).join(', ')) }
  }
  if (forwarded === 'ignored') {
    const cidr = `${address}/${isIP(address) === 6 ? 128 : 32}`
    return {
      ...base,
      status: 'warn',
      value: address,
      limits: texts.addressIgnored,
      fix: `server.toml: trusted_proxies = ["${cidr}"]`,
    }
  }
  const local = host === 'localhost' || isIP(host) !== 0
  return local
    ? { ...base, status: 'ok', value: texts.addressDirect(address) }
    : { ...base, status: 'info', value: texts.addressDirect(address), limits: texts.addressNoHeader }
}

async function upgrade(
  { url, texts }: ProxyCheck,
  site: string,
): Promise<{ readonly finding: Finding; readonly socket?: WebSocket }> {
  const target = new URL('ws', baseOf(url))
  target.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const base = { id: 'websocket', what: texts.upgrade }
  const socket = new WebSocket(target, subprotocol, {
    handshakeTimeout: answerWithinMs,
    origin: url.origin,
    perMessageDeflate: false,
  })
  const started = performance.now()
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const timer = setTimeout(() => resolve(texts.noWelcome), answerWithinMs)
  socket.on('open', () => socket.send(JSON.stringify({ type: 'hello', site })))
  socket.on('message', (data: Buffer) => resolve(problemIn(data.toString())))
  socket.on('unexpected-response', (_, response) =>
    resolve(`${response.statusCode ?? 0} ${response.statusMessage ?? ''}`),
  )
  socket.on('close', (code, reason) => resolve(`${code} ${reason.toString()}`))
  socket.on('error', (error) => resolve(reasonOf(error)))
  const problem = await promise
  clearTimeout(timer)
  if (problem === undefined) {
    const took = Math.round(performance.now() - started)
    return { finding: { ...base, status: 'ok', value: `${target.href} ${took} ms` }, socket }
  }
  socket.terminate()
  return {
    finding: {
      ...base,
      status: 'fail',
      value: `${target.href}: ${problem}`,
      limits: texts.upgradeLimits,
      fix: texts.upgradeFix,
    },
  }
}

/** Says nothing for `idleForMs` and sees whether the connection lives: kf pings, so only a short timeout shows. */
async function holdIdle({ idleForMs, texts, progress }: ProxyCheck, socket: WebSocket): Promise<Finding> {
  const base = { id: 'idle', what: texts.idle }
  const started = performance.now()
  let pings = 0
  socket.on('ping', () => {
    pings += 1
  })
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  const ticking = setInterval(() => progress(performance.now() - started), 1_000)
  const timer = setTimeout(() => resolve(undefined), idleForMs)
  socket.once('close', (code) => resolve(code))
  const code = await promise
  clearInterval(ticking)
  clearTimeout(timer)
  socket.terminate()
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  if (code === undefined) return { ...base, status: 'ok', value: texts.idleOk(seconds, pings) }
  return {
    ...base,
    status: 'fail',
    value: texts.idleCut(seconds, code),
    limits: texts.idleLimits,
    fix: texts.idleFix,
  }
}

/** Undefined when the frame is a welcome. */
function problemIn(frame: string): string | undefined {
  const { type, code, message } = JSON.parse(frame) as {
    readonly type?: string
    readonly code?: string
    readonly message?: string
  }
  return type === 'welcome' ? undefined : `${code ?? type ?? '?'}: ${message ?? ''}`
}

function siteKeyOf(text: string): string | undefined {
  try {
    const { site } = JSON.parse(text) as { readonly site?: { readonly key?: unknown } }
    return typeof site?.key === 'string' ? site.key : undefined
  } catch {
    return undefined
  }
}

// fetch hides the reason in its cause.
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? messageOf(error.cause) : messageOf(error)
}
