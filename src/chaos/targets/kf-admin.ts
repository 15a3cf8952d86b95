import { request } from 'node:http'
import { KfError, messageOf } from '../../core/errors.ts'
import { readStages, type StagesAnswer } from '../report/stages-answer.ts'

const answerWithinMs = 30_000
/** A load test does not wait for a look into the server. */
const stagesWithinMs = 2_000

/** Where kf.v1 is spoken below the address that people open. */
export function webSocketAddress(base: string): {
  readonly host: string
  readonly port: number
  readonly path: string
} {
  const url = new URL('ws', base.endsWith('/') ? base : `${base}/`)
  return { host: url.hostname, port: Number(url.port === '' ? '80' : url.port), path: url.pathname }
}

/** Site key and session tokens from the answer of `POST /admin/bench`. Throws `target_start` on anything else. */
export function readBench(raw: unknown): { readonly site: string; readonly tokens: readonly string[] } {
  if (
    isRecord(raw) &&
    isRecord(raw['site']) &&
    typeof raw['site']['key'] === 'string' &&
    Array.isArray(raw['agents'])
  ) {
    const tokens = raw['agents'].flatMap((agent: unknown) =>
      isRecord(agent) && typeof agent['token'] === 'string' ? [agent['token']] : [],
    )
    return { site: raw['site']['key'], tokens }
  }
  throw new KfError('target_start', 'the answer of POST /admin/bench has no site key and agents', {
    hint: 'is the server the same version of kf as this one?',
  })
}

/** Posts JSON over a Unix socket and returns the JSON of the answer. Throws `target_start` on any other status than 2xx. */
export function adminPost(socketPath: string, path: string, body: unknown): Promise<unknown> {
  return ask(socketPath, 'POST', path, JSON.stringify(body), answerWithinMs)
}

/** What a kf's stages have done, asked over its administrative socket; null when it does not say so in time. */
export async function adminStages(socketPath: string): Promise<StagesAnswer | null> {
  try {
    return readStages(await ask(socketPath, 'GET', '/admin/stages', '', stagesWithinMs))
  } catch {
    return null
  }
}

function ask(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  text: string,
  withinMs: number,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      reject(
        new KfError('target_start', `${method} ${path} on ${socketPath}: ${messageOf(cause)}`, { cause }),
      )
    }
    const headers = {
      host: 'localhost',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    }
    const call = request({ socketPath, path, method, headers, timeout: withinMs }, (response) => {
      let answer = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        answer += chunk
      })
      response.on('error', fail)
      response.on('end', () => {
        const status = response.statusCode ?? 0
        if (status < 200 || status > 299) {
          fail(new Error(`status ${status}: ${answer.slice(0, 300)}`))
          return
        }
        try {
          resolve(JSON.parse(answer))
        } catch (error) {
          fail(error)
        }
      })
    })
    call.on('timeout', () => call.destroy(new Error(`no answer within ${withinMs} ms`)))
    call.on('error', fail)
    call.end(text)
  })
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
