import { readFileSync, statSync } from 'node:fs'
import { type ClientRequest, type IncomingMessage, request as overHttp, type RequestOptions } from 'node:http'
import { request as overTls } from 'node:https'
import { resolve } from 'node:path'
import { getCACertificates } from 'node:tls'
import { isLoopback } from '../../chaos/targets/loopback.ts'
import { codeOf, KfError, messageOf } from '../../core/errors.ts'
import { withSocketOf } from '../admin-client.ts'
import type { CliState } from '../state.ts'

export type ServerFlags = {
  readonly server?: string
  readonly tokenFile?: string
  /** Certificates, PEM, to trust beside the system's. */
  readonly ca?: string
  readonly data?: string
}

/** A node's administrative listener as `kf config` speaks to it. */
export type ConfigServer = {
  /** As it stands above a difference. */
  readonly name: string
  /** Rejects with `unavailable` when nothing answers. An error's status is an answer, too. */
  readonly ask: (method: string, path: string, details?: AskDetails) => Promise<ServerAnswer>
}
export type AskDetails = { readonly ifMatch?: string; readonly body?: unknown }
export type ServerAnswer = { readonly status: number; readonly body: unknown }

const answerWithinMs = 30_000

/** The node of a data folder over its socket, which needs no token, or the one of `--server`. Throws `usage`. */
export function serverOf(
  flags: ServerFlags,
  data: string,
  state: Pick<CliState, 'cwd' | 'env'>,
): ConfigServer {
  if (flags.server === undefined) {
    return {
      name: data,
      ask: async (method, path, details = {}) => {
        try {
          return await withSocketOf(data, (socketPath) =>
            ask(overHttp, { socketPath, path, method }, { host: 'localhost' }, details),
          )
        } catch (error) {
          throw unreachable(data, error, false)
        }
      },
    }
  }
  const base = baseOf(flags.server)
  const token = tokenOf(flags, state)
  const verified = verifiedBy(flags, state.cwd)
  return {
    name: base.host,
    ask: async (method, path, details = {}) => {
      const url = new URL(path.slice(1), base)
      const options: RequestOptions = {
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port,
        path: `${url.pathname}${url.search}`,
        method,
      }
      const headers = { host: url.host, authorization: `Bearer ${token}` }
      try {
        if (base.protocol === 'https:') return await ask(verified, options, headers, details)
        return await ask(overHttp, options, headers, details)
      } catch (error) {
        throw isOfCertificate(error) ? distrusted(base.host, error) : unreachable(base.href, error, true)
      }
    },
  }
}

function verifiedBy({ ca: file }: ServerFlags, cwd: string): (options: RequestOptions) => ClientRequest {
  const ca = file === undefined ? {} : { ca: [...getCACertificates('default'), readCertificate(file, cwd)] }
  // The environment of Node can turn verification off for a whole process: not for this token.
  return (options) => overTls({ ...options, ...ca, rejectUnauthorized: true })
}

function baseOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const given = JSON.stringify(text.slice(0, 200))
    throw new KfError('server_url', `--server ${given} is no http or https URL`, {
      hint: 'give the administrative address, such as https://chat.example.com/kf-admin/',
      params: { given },
    })
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, ''))) {
    throw new KfError('server_plain', `--server ${url.host} would get the token without encryption`, {
      hint: 'use https, or a tunnel: ssh -L 7001:127.0.0.1:7001 and --server http://127.0.0.1:7001',
      params: { host: url.host },
    })
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

function tokenOf({ tokenFile }: ServerFlags, { cwd, env }: Pick<CliState, 'cwd' | 'env'>): string {
  const token = tokenFile === undefined ? env['KF_TOKEN'] : readToken(tokenFile, cwd)
  if (token !== undefined && /^[\x21-\x7e]+$/.test(token.trim())) return token.trim()
  throw new KfError('no_token', 'a server on the network needs its token, and there is none', {
    hint: 'set KF_TOKEN or --token-file to the content of admin.token in its data folder',
  })
}

// As ssh does with a key: what others may read is no secret any more.
function readToken(file: string, cwd: string): string {
  const path = resolve(cwd, file)
  try {
    const mode = statSync(path).mode & 0o777
    if ((mode & 0o077) !== 0) throw openToOthers(file, mode.toString(8))
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof KfError) throw error
    const reason = codeOf(error) ?? messageOf(error)
    throw new KfError('token_file', `--token-file ${file} cannot be read (${reason})`, {
      hint: 'name a file that this user may read',
      params: { file, reason },
      cause: error,
    })
  }
}

function openToOthers(file: string, mode: string): KfError {
  return new KfError('token_file_open', `--token-file ${file} is open to other users (mode ${mode})`, {
    hint: `chmod 600 ${file}; if others may have read it, take another token`,
    params: { file, mode },
  })
}

function readCertificate(file: string, cwd: string): string {
  let reason = 'no certificate in it'
  try {
    const text = readFileSync(resolve(cwd, file), 'utf8')
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  } catch (error) {
    reason = codeOf(error) ?? messageOf(error)
  }
  throw new KfError('ca_file', `--ca ${file} is of no use as a certificate (${reason})`, {
    hint: 'name a file with certificates in PEM',
    params: { file, reason },
  })
}

// Node's names for what OpenSSL and the check of the host's name refuse.
function isOfCertificate(error: unknown): boolean {
  return /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|INVALID_CA|HOSTNAME_)/.test(
    codeOf(error) ?? '',
  )
}

function distrusted(host: string, error: unknown): KfError {
  const reason = codeOf(error) ?? messageOf(error)
  return new KfError(
    'certificate',
    `the certificate of ${host} is not trusted (${reason}): no token was sent`,
    {
      hint: "if it is of an authority of yours, name that one's certificate with --ca; if it is of somebody else, stay away",
      params: { host, reason },
      cause: error,
    },
  )
}

function unreachable(where: string, error: unknown, remote: boolean): KfError {
  const reason = codeOf(error) ?? messageOf(error)
  return new KfError('server_unreachable', `no kf answers at ${where} (${reason})`, {
    hint: remote
      ? 'check the address, and that kf serve runs there'
      : 'start it with kf serve, name its folder with --data, or another host with --server',
    params: { where, reason, remote: remote ? 'yes' : 'no' },
    cause: error,
  })
}

function ask(
  request: (options: RequestOptions) => ClientRequest,
  options: RequestOptions,
  headers: Readonly<Record<string, string>>,
  { ifMatch, body }: AskDetails,
): Promise<ServerAnswer> {
  const { promise, resolve: answered, reject } = Promise.withResolvers<ServerAnswer>()
  const outgoing = request({
    ...options,
    timeout: answerWithinMs,
    headers: {
      ...headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    },
  })
  outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${answerWithinMs / 1000} s`)))
  outgoing.on('error', reject)
  outgoing.on('response', (incoming) => {
    readAll(incoming).then(answered, reject)
  })
  outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  return promise
}

async function readAll(incoming: IncomingMessage): Promise<ServerAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const status = incoming.statusCode ?? 500
  try {
    return { status, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown }
  } catch (error) {
    throw new Error(`status ${status}, and not an answer of kf`, { cause: error })
  }
}
