import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import type { TlsOptions } from 'node:tls'
import { codeOf, KfError } from '../../core/errors.ts'
import type { RandomBytes } from '../../core/ids.ts'

/**
 * Coordinator and hosts share a token, and speak TLS with it as pre-shared key: each proves to the other that it has the token,
 * which itself is never sent, before a byte of a message is read; what follows is encrypted. The exchange of ephemeral keys
 * keeps old runs secret even from who gets the token later.
 */
export const sharedKeyTls = {
  // NOTE: Node offers pre-shared keys up to TLS 1.2 only.
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
} as const satisfies TlsOptions

export const sharedKeyIdentity = 'kf bench'

const tokenBytes = 32
const shortestToken = 32

/** The key in a token's file. Throws `token` when the file is missing, open to others, or holds too little to be a secret. */
export function readToken(path: string): Buffer {
  let text: string
  try {
    const { mode } = statSync(path)
    if ((mode & 0o077) !== 0) {
      throw new KfError('token', `${path} is open to other users (mode ${(mode & 0o777).toString(8)})`, {
        hint: `chmod 600 ${path}`,
        params: { zh: `${path} 对其他用户可读；解决办法：chmod 600 ${path}` },
      })
    }
    text = readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (error instanceof KfError) throw error
    throw new KfError('token', `the token file ${path} cannot be read (${codeOf(error) ?? 'unknown'})`, {
      cause: error,
      hint: '`kf bench agent` makes one where there is none; give the coordinator a copy of it',
      params: {
        zh: `令牌文件 ${path} 读不了（${codeOf(error) ?? '?'}）；kf bench agent 会生成它，把副本交给协调者`,
      },
    })
  }
  if (text.length < shortestToken || new Set(text).size < 8) {
    throw new KfError(
      'token',
      `${path} holds no token: at least ${shortestToken} random characters are needed`,
      {
        hint: `remove it and let \`kf bench agent\` make one, or: openssl rand -hex ${tokenBytes} > ${path}`,
        params: {
          zh: `${path} 里没有令牌，至少要 ${shortestToken} 个随机字符；删掉它，让 kf bench agent 重新生成`,
        },
      },
    )
  }
  return createHash('sha256').update(text).digest()
}

/** Writes a new token of 256 random bits, readable by its owner alone, unless the file is there. True: it was made. */
export function makeToken(path: string, random: RandomBytes): boolean {
  let file: number
  try {
    file = openSync(path, 'wx', 0o600)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw new KfError('token', `the token file ${path} cannot be written (${codeOf(error) ?? 'unknown'})`, {
      cause: error,
      hint: 'name another with --token-file',
      params: { zh: `令牌文件 ${path} 写不了（${codeOf(error) ?? '?'}）；用 --token-file 换一个` },
    })
  }
  try {
    writeSync(file, `${Buffer.from(random(tokenBytes)).toString('hex')}\n`)
  } finally {
    closeSync(file)
  }
  return true
}
