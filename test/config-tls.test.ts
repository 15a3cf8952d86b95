import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Run, runKf } from './support/cli.ts'
import { freshFolder, removeFolder } from './support/node.ts'

/**
 * The administrative address behind TLS. The certificates are good for a hundred years, of an authority that is nobody's: of
 * 127.0.0.1 (server), of another name (other-name), and of no authority (self-signed), all with the same key.
 */
const tls = (name: string): string => fileURLToPath(new URL(`./support/tls/${name}`, import.meta.url))

let folder: string
let server: Server | undefined
let tokens: (string | undefined)[]
beforeEach(() => {
  folder = freshFolder()
  tokens = []
})
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  removeFolder(folder)
})

const history = { live: 1, revisions: [], audit: [] }

/** Its URL. */
async function serve(certificate: string): Promise<string> {
  const options = { key: readFileSync(tls('server.key')), cert: readFileSync(tls(certificate)) }
  const started = createServer(options, (request, response) => {
    tokens.push(request.headers.authorization)
    response.end(JSON.stringify(history))
  })
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  const address = started.address()
  return `https://127.0.0.1:${String(typeof address === 'object' ? address?.port : '')}/`
}

const token = 'a-token-of-some-length'
function ask(
  url: string,
  more: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const argv = ['config', 'history', '--json', '--server', url, ...more]
  return runKf(argv, { cwd: folder, env: { KF_TOKEN: token, ...env } })
}

describe('a certificate that is not trusted', () => {
  test.each([
    ['self-signed.pem', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['server.pem', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ])('%s gets no token, whatever the environment says, and it is said why', async (certificate, reason) => {
    const url = await serve(certificate)
    const refused = await ask(url, [], { NODE_TLS_REJECT_UNAUTHORIZED: '0' })
    expect([refused.code, refused.out]).toEqual([1, ''])
    expect(refused.err).toContain(
      `kf: the certificate of ${new URL(url).host} is not trusted (${reason}): no token was sent; `,
    )
    expect(refused.err).toContain('--ca')
    expect(tokens).toEqual([])
  })

  test('of another name gets no token, also where its authority is trusted', async () => {
    const url = await serve('other-name.pem')
    const refused = await ask(url, ['--ca', tls('authority.pem'), '--lang', 'zh'])
    expect(refused.code).toBe(1)
    expect(refused.err).toContain(
      `${new URL(url).host} 的证书不可信（ERR_TLS_CERT_ALTNAME_INVALID）：没有发送令牌；`,
    )
    expect(tokens).toEqual([])
  })
})

describe('a certificate that is trusted', () => {
  test('by --ca', async () => {
    expect(await ask(await serve('server.pem'), ['--ca', tls('authority.pem')])).toEqual({
      code: 0,
      out: `${JSON.stringify(history)}\n`,
      err: '',
    })
    expect(tokens).toEqual([`Bearer ${token}`])
  })

  test('by the environment of Node', async () => {
    const url = await serve('server.pem')
    expect(await ask(url, [], { NODE_EXTRA_CA_CERTS: tls('authority.pem') })).toMatchObject({ code: 0 })
  })
})

test('a --ca that holds no certificate is said, before anything is asked', async () => {
  writeFileSync(join(folder, 'ca.pem'), 'nothing\n')
  const { code, err } = await ask('https://127.0.0.1:9/', ['--ca', 'ca.pem'])
  expect([code, err]).toEqual([
    1,
    'kf: --ca ca.pem is of no use as a certificate (no certificate in it); name a file with certificates in PEM\n',
  ])
})

describe('a token from a file', () => {
  test('that only its owner may read is used', async () => {
    writeFileSync(join(folder, 'token'), `${token}\n`, { mode: 0o600 })
    const url = await serve('server.pem')
    const given = ['--ca', tls('authority.pem'), '--token-file', 'token']
    expect(await ask(url, given, { KF_TOKEN: '' })).toMatchObject({ code: 0 })
    expect(tokens).toEqual([`Bearer ${token}`])
  })

  test.each([0o644, 0o640, 0o604])('that others may read, mode %o, is not', async (mode) => {
    writeFileSync(join(folder, 'token'), `${token}\n`)
    chmodSync(join(folder, 'token'), mode)
    const { code, err } = await ask('https://127.0.0.1:9/', ['--token-file', 'token'])
    expect([code, err]).toEqual([
      1,
      `kf: --token-file token is open to other users (mode ${mode.toString(8)}); chmod 600 token; if others may have read it, take another token\n`,
    ])
  })

  test('that is not there is said', async () => {
    const { code, err } = await ask('https://127.0.0.1:9/', ['--token-file', 'token', '--lang', 'zh'])
    expect([code, err]).toEqual([
      1,
      'kf: --token-file token 无法读取（ENOENT）；请指定当前用户可以读取的文件\n',
    ])
  })
})
