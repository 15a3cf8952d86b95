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

/** The key in a token's file. Throws `bench_token_…` when the file is missing, open to others, or holds too little to be a secret. */
export function readToken(path: string): Buffer {
  let text: string
  try {
    const { mode } = statSync(path)
    if ((mode & 0o077) !== 0) {
      const shown = (mode & 0o777).toString(8)
      throw new KfError('bench_token_open', `${path} is open to other users (mode ${shown})`, {
        hint: `chmod 600 ${path}`,
        params: { path, mode: shown },
      })
    }
    text = readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (error instanceof KfError) throw error
    const reason = codeOf(error) ?? 'unknown'
    throw new KfError('bench_token_unread', `the token file ${path} cannot be read (${reason})`, {
      cause: error,
      hint: '`kf bench agent` makes one where there is none; give the coordinator a copy of it',
      params: { path, reason },
    })
  }
  if (text.length < shortestToken || new Set(text).size < 8) {
    throw new KfError(
      'bench_token_weak',
      `${path} holds no token: at least ${shortestToken} random characters are needed`,
      {
        hint: `remove it and let \`kf bench agent\` make one, or: openssl rand -hex ${tokenBytes} > ${path}`,
        params: { path, least: shortestToken, bytes: tokenBytes },
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
    const reason = codeOf(error) ?? 'unknown'
    throw new KfError('bench_token_unwritten', `the token file ${path} cannot be written (${reason})`, {
      cause: error,
      hint: 'name another with --token-file',
      params: { path, reason },
    })
  }
  try {
    writeSync(file, `${Buffer.from(random(tokenBytes)).toString('hex')}\n`)
  } finally {
    closeSync(file)
  }
  return true
}
