/**
 * Error and close codes of `kf.v1`. Named, documented, never renumbered: docs/protocol.md is generated from this table.
 *
 * `outcome` says what a sender knows: `rejected` is a definite verdict about this id (persist looked the id up and found
 * nothing); `unknown` means retry with the same id and get the truth; `refused` means the frame never reached the pipeline.
 */
export type ErrorCode = keyof typeof errorCodes

export const errorCodes = {
  bad_frame: {
    status: 400,
    outcome: 'refused',
    retry: 'no',
    meaning:
      'The frame is not JSON, has an unknown type, or a field is missing, unknown or of the wrong type. The message names it.',
  },
  too_large: {
    status: 413,
    outcome: 'refused',
    retry: 'no',
    meaning: 'The text, preview or page is longer than welcome.limits allows.',
  },
  not_ready: {
    status: 409,
    outcome: 'refused',
    retry: 'after hello',
    meaning: 'A frame came before a valid hello.',
  },
  second_hello: {
    status: 409,
    outcome: 'refused',
    retry: 'no',
    meaning: 'This connection has said hello already.',
  },
  unauthenticated: {
    status: 401,
    outcome: 'refused',
    retry: 'with a new token',
    meaning: 'The token or session is missing, expired or not ours.',
  },
  forbidden: {
    status: 403,
    outcome: 'refused',
    retry: 'no',
    meaning: 'This role may not do that, or the object belongs to someone else.',
  },
  unknown_site: { status: 404, outcome: 'refused', retry: 'no', meaning: 'No site has this key.' },
  not_found: {
    status: 404,
    outcome: 'rejected',
    retry: 'no',
    meaning: 'No such conversation, agent or message for this caller. Foreign and absent are not told apart.',
  },
  id_conflict: {
    status: 409,
    outcome: 'rejected',
    retry: 'with a new id',
    meaning: 'This id was used by this sender with another body or command.',
  },
  stale_epoch: {
    status: 409,
    outcome: 'rejected',
    retry: 'with the current epoch',
    meaning: 'The conversation changed owner since; the command or message was not carried out.',
  },
  conversation_closed: {
    status: 409,
    outcome: 'rejected',
    retry: 'no',
    meaning:
      'The conversation is closed. A visitor never sees this: a late send opens the next conversation.',
  },
  at_capacity: {
    status: 409,
    outcome: 'rejected',
    retry: 'later, with a new id',
    meaning: 'The agent already holds as many conversations as its capacity allows.',
  },
  agent_unavailable: {
    status: 409,
    outcome: 'rejected',
    retry: 'no',
    meaning: 'The agent named is disabled, away or not of this site.',
  },
  retract_too_late: {
    status: 409,
    outcome: 'rejected',
    retry: 'no',
    meaning:
      "The message is older than welcome.limits.retract_within_ms, not the caller's own, or already gone.",
  },
  filtered: {
    status: 422,
    outcome: 'rejected',
    retry: 'no',
    meaning: 'A filter rejected the message; the message says which.',
  },
  busy: {
    status: 503,
    outcome: 'unknown',
    retry: 'same id after retry_after_ms',
    meaning:
      'A queue is full, or the store does not keep up. Later sends to the same conversation on this connection get busy too, until the refused id comes again.',
  },
  rate_limited: {
    status: 429,
    outcome: 'unknown',
    retry: 'same id after retry_after_ms',
    meaning:
      'Over a rate limit. Later sends to the same conversation on this connection get busy, until the refused id comes again.',
  },
  unavailable: {
    status: 503,
    outcome: 'unknown',
    retry: 'same id after retry_after_ms',
    meaning: 'The store cannot commit or read now (no writer, disk full). Nothing is known about the send.',
  },
  internal: { status: 500, outcome: 'unknown', retry: 'same id', meaning: 'A defect; the server logged it.' },
} as const satisfies Record<
  string,
  { status: number; outcome: 'refused' | 'rejected' | 'unknown'; retry: string; meaning: string }
>

export type CloseCode = keyof typeof closeCodes

/** `reconnect`: `yes` with backoff, `login` after new credentials, `no` never with the same frames. */
export const closeCodes = {
  1000: { name: 'normal', reconnect: 'no', meaning: 'The client closed.' },
  1001: {
    name: 'going_away',
    reconnect: 'yes',
    meaning: 'The server stops or restarts; a drain frame said when to return.',
  },
  1002: { name: 'protocol', reconnect: 'no', meaning: 'A frame that breaks the WebSocket protocol.' },
  1003: { name: 'binary', reconnect: 'no', meaning: 'A binary frame; kf.v1 is text only.' },
  1007: { name: 'not_utf8', reconnect: 'no', meaning: 'A text frame that is not UTF-8.' },
  1008: { name: 'too_many_parts', reconnect: 'no', meaning: 'A message in more than 64 fragments.' },
  1009: { name: 'too_big', reconnect: 'no', meaning: 'A message over welcome.limits.frame_bytes.' },
  1011: { name: 'internal', reconnect: 'yes', meaning: 'A defect or a lost worker.' },
  4400: {
    name: 'bad_frame',
    reconnect: 'no',
    meaning: 'The first frame was not a valid hello, or too many bad frames followed.',
  },
  4401: {
    name: 'unauthenticated',
    reconnect: 'login',
    meaning: 'The token or session is not valid (any more).',
  },
  4403: { name: 'forbidden', reconnect: 'no', meaning: 'Origin or address not allowed on this site.' },
  4404: { name: 'unknown_site', reconnect: 'no', meaning: 'No site has this key.' },
  4408: { name: 'hello_timeout', reconnect: 'yes', meaning: 'No valid hello within 10 s of the upgrade.' },
  4409: {
    name: 'heartbeat_timeout',
    reconnect: 'yes',
    meaning: "No sign of life within the heartbeat's limit.",
  },
  4413: {
    name: 'slow_reader',
    reconnect: 'yes',
    meaning: 'The outbox grew past its bound because the client did not read. Resume brings what it missed.',
  },
  4429: {
    name: 'rate_limited',
    reconnect: 'yes',
    meaning: 'Too many new visitors from this address, or too many frames before the time that was told.',
  },
  4503: {
    name: 'unavailable',
    reconnect: 'yes',
    meaning: 'The store is not available; come back with backoff.',
  },
} as const satisfies Record<number, { name: string; reconnect: 'yes' | 'no' | 'login'; meaning: string }>

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code)
}
