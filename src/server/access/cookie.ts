/**
 * The cookie that holds an agent's session token. NOTE: it goes along with every request to this host, so whoever honours it
 * on anything but a plain read must check the Origin first (`isSameOrigin`).
 */
export const sessionCookieName = 'kf_session'

export type CookiePlace = {
  /** The path the server is reached under, with its closing slash. */
  readonly path: string
  /** The browser came over https. */
  readonly secure: boolean
}

/** The session token in a Cookie header, or undefined. */
export function sessionTokenInCookie(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === sessionCookieName) {
      const value = pair.slice(equals + 1).trim()
      return value === '' ? undefined : value
    }
  }
  return undefined
}

/** The Set-Cookie value; scripts cannot read it, other sites cannot make a browser send it. */
export function sessionCookie(token: string, livesMs: number, place: CookiePlace): string {
  return `${sessionCookieName}=${token}; Max-Age=${Math.floor(livesMs / 1000)}; ${attributes(place)}`
}

export function clearedSessionCookie(place: CookiePlace): string {
  return `${sessionCookieName}=; Max-Age=0; ${attributes(place)}`
}

function attributes(place: CookiePlace): string {
  return `Path=${place.path}; HttpOnly; SameSite=Strict${place.secure ? '; Secure' : ''}`
}
