import { request } from 'node:http'
import { KfError, messageOf } from '../../core/errors.ts'

export type AdminAnswer = {
  readonly status: number
  readonly date: string | undefined
  readonly text: string
}
export type AdminDetails = { readonly ifMatch?: string; readonly body?: unknown }

/** Asks a node over its administrative socket. Throws `node_silent` when nothing answers within `withinMs`. */
export function askNode(
  socketPath: string,
  method: 'GET' | 'PUT' | 'POST',
  path: string,
  { ifMatch, body }: AdminDetails = {},
  withinMs = 10_000,
): Promise<AdminAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<AdminAnswer>()
  const fail = (cause: unknown): void => {
    reject(
      new KfError('node_silent', `${method} ${path} on ${socketPath}: ${messageOf(cause)}`, {
        cause,
        params: { path },
      }),
    )
  }
  const text = body === undefined ? '' : JSON.stringify(body)
  const headers = {
    host: 'localhost',
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    'content-length': Buffer.byteLength(text),
  }
  const call = request({
    socketPath,
    path,
    method,
    headers,
    agent: false,
    signal: AbortSignal.timeout(withinMs),
  })
  call.once('error', fail)
  call.once('response', (response) => {
    let answer = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      answer += chunk
    })
    response.once('error', fail)
    response.once('end', () => {
      resolve({ status: response.statusCode ?? 0, date: response.headers.date, text: answer })
    })
  })
  call.end(text)
  return promise
}

/** Sum of a metric over all its labels, from the text of `GET /metrics`; undefined when it is not there. */
export function metricSum(text: string, name: string): number | undefined {
  const values = text.split('\n').flatMap((line) => {
    const match = /^(\w+)(?:\{.*\})? (\S+)$/.exec(line)
    return match !== null && match[1] === name ? [Number(match[2])] : []
  })
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0)
}
