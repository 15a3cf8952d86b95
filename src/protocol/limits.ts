import type { WireLimits } from './frames.ts'

/** Bounds of the wire that clients are told in `welcome.limits`. */
export const wireLimits: WireLimits = {
  frame_bytes: 65_536,
  text_chars: 8_000,
  preview_chars: 500,
  page_messages: 200,
  retract_within_ms: 120_000,
}

/** Bounds that clients meet only by breaking them. */
export const serverLimits = {
  /** From the upgrade to a valid hello. */
  hello_within_ms: 10_000,
  /** JSON nesting; every valid frame needs at most five levels. */
  json_depth: 8,
  /** Streams a hello may resume. */
  resume_streams: 1_000,
  /** Conversations in one welcome or conversations frame. */
  conversations_page: 200,
  /** Waiting conversations in one queue snapshot. */
  queue_snapshot: 100,
  url_chars: 2_048,
  locale_chars: 35,
  token_chars: 4_096,
  name_chars: 255,
  /** Ids and keys the server gave out: agents, sites, files, incarnations. */
  id_chars: 64,
} as const
