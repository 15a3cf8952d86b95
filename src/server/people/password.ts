import { argon2, createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { KfError } from '../../core/errors.ts'

/**
 * Passwords and the tokens of agents' sessions. A password is kept as a PHC string of argon2id (RFC 9106) with OWASP's first
 * parameters (19 MiB, two passes, one lane): about 40 ms of one core, off the event loop.
 */

const parameters = {
  memory: 19_456,
  passes: 2,
  parallelism: 1,
  tagLength: 32,
} as const
const nonceBytes = 16

/** Characters of a password that a person chooses: at least this many, and at most `passwordChars.max`. */
export const passwordChars = { min: 10, max: 200 } as const

/** The PHC string of a password: `$argon2id$v=19$m=19456,t=2,p=1$nonce$tag`, base64 without padding. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(nonceBytes)
  const tag = await derive(password, { ...parameters, nonce })
  const { memory, passes, parallelism } = parameters
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(nonce)}$${unpadded(tag)}`
}

/**
 * True when the password is the one that was hashed. Compares in constant time. A string that is not a PHC string of
 * argon2id answers false, so that an agent without a password cannot log in.
 */
export async function verifyPassword(password: string, phc: string): Promise<boolean> {
  const parsed = parsePhc(phc)
  if (parsed === undefined || password.length > passwordChars.max) return false
  const tag = await derive(password, parsed)
  return timingSafeEqual(tag, parsed.tag)
}

/**
 * Spends the time of a verification and answers false: for a login that does not exist, so that the time of the answer
 * does not tell which logins do.
 */
export async function verifyNothing(password: string): Promise<false> {
  await derive(password.slice(0, passwordChars.max), {
    ...parameters,
    nonce: Buffer.alloc(nonceBytes),
  })
  return false
}

/** Throws `bad_request` when a person may not choose this password; counts characters, not bytes. */
export function checkNewPassword(password: string): void {
  const length = Array.from(password).length
  if (length >= passwordChars.min && length <= passwordChars.max) return
  throw new KfError(
    'bad_request',
    `the new password has ${length} characters; ${passwordChars.min} to ${passwordChars.max} are allowed`,
    { hint: 'choose a longer one: four random words are fine' },
  )
}

/**
 * A password to be shown once: 16 characters, 80 random bits. The alphabet (Crockford's base32 in lower case) has no
 * letter that reads like a digit.
 */
export function oneTimePassword(random: (bytes: number) => Uint8Array = randomBytes): string {
  const characters = Array.from(random(16), (byte) => crockford[byte & 31] ?? '').join('')
  return characters.replace(/(.{4})(?=.)/g, '$1-')
}

/** A session token: 256 random bits, base64url. Only its hash (`hashToken`) is stored. */
export function newSessionToken(random: (bytes: number) => Uint8Array = randomBytes): string {
  return Buffer.from(random(32)).toString('base64url')
}

/** SHA-256 of a token, hex: what `SessionRecord.tokenHash` and `VisitorRecord.tokenHash` hold. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

const crockford = '0123456789abcdefghjkmnpqrstvwxyz'

type Derivation = {
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
  readonly tagLength: number
  readonly nonce: Uint8Array
}

// NOTE: the text is normalised (NFC), since input methods and platforms compose accented letters differently.
function derive(password: string, derivation: Derivation): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  argon2('argon2id', { message: password.normalize('NFC'), ...derivation }, (error, tag) => {
    if (error === null) resolve(tag)
    else
      reject(
        new KfError('internal', 'the password could not be hashed', {
          cause: error,
        }),
      )
  })
  return promise
}

const phcPattern =
  /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/

// Bounds what a stored string can make the server spend: at most 1 GiB and 16 passes.
function parsePhc(phc: string): (Derivation & { readonly tag: Buffer }) | undefined {
  const match = phcPattern.exec(phc)
  if (match === null) return undefined
  const [memory, passes, parallelism] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (memory > 1_048_576 || passes > 16 || passes < 1 || parallelism < 1 || memory < 8 * parallelism)
    return undefined
  const nonce = Buffer.from(match[4] ?? '', 'base64')
  const tag = Buffer.from(match[5] ?? '', 'base64')
  return { memory, passes, parallelism, tagLength: tag.length, nonce, tag }
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}
