import type { LimitName } from '../telemetry/limits.ts'
import type { LimitsConfig } from './config.ts'
import type { Bucket, Keyed } from './keyed.ts'
import { passOver, refuse, underWay, type Verdict } from './penalty.ts'
import type { Source } from './sources.ts'

/** A message or command, as far as limits look at it; the pipeline's items are such. */
export type Limited = {
  readonly origin: {
    readonly caller: { readonly role: 'visitor' | 'agent'; readonly id: string; readonly site: string }
    /** Absent: the limits per address do not count it. */
    readonly source?: Source | undefined
    /** Ends its connection; absent where there is none. */
    readonly close?: (code: number, reason: string) => void
  }
  readonly frame: { readonly type: string }
}

/**
 * The filter stage's limits. They stand at its door: over a limit nothing more is spent on a message, and the outcome is *unknown*
 * (a verdict would say that it was rejected for good). Retried with the same id it gets the truth, as after any refusal.
 */
export type MessageLimits = {
  /** ms to wait, 0 when it may go on: then it is counted, by all limits it is under or by none. */
  readonly wait: (item: Limited) => number
  /** It was turned away for its lane: an earlier one of its conversation was refused and did not come again yet. */
  readonly turnedAway: (item: Limited) => void
  /** ms to wait for a frame that is neither message nor command, 0 when it may go on: then it is counted. */
  readonly control: (origin: Limited['origin']) => number
  readonly disconnected: () => number
}

export type MessageLimitsPorts = {
  readonly keyed: { readonly [Name in LimitName]: Keyed }
  readonly refused: { [Name in LimitName]: number }
  readonly penalty: () => LimitsConfig['penalty']
  readonly isExempt: (site: string) => boolean
  /** ns */
  readonly now: () => number
}

/** `kf.v1`: rate_limited, which lets the client come back. */
const closeCode = 4429

export function createMessageLimits(ports: MessageLimitsPorts): MessageLimits {
  const { keyed, refused } = ports
  let disconnected = 0

  const senderLimit = ({ origin, frame }: Limited): LimitName => {
    if (origin.caller.role === 'visitor') return 'visitor.messages'
    return frame.type === 'send' ? 'agent.messages' : 'agent.commands'
  }

  const end = (origin: Limited['origin']): void => {
    disconnected++
    origin.close?.(closeCode, 'too many frames before the time that was told; come back with backoff')
  }

  const refusedBy = (
    name: LimitName,
    wait: number,
    origin: Limited['origin'],
    sender: Bucket | undefined,
    now: number,
  ): number => {
    refused[name]++
    if (sender === undefined) return toMs(wait)
    const verdict: Verdict = refuse(sender, wait, now, underWay[origin.caller.role], ports.penalty())
    if (verdict.disconnect) end(origin)
    return toMs(verdict.wait)
  }

  return {
    wait: (item) => {
      const { origin } = item
      const { caller, source } = origin
      if (ports.isExempt(caller.site)) return 0
      const now = ports.now()
      const name = senderLimit(item)
      const limit = keyed[name]
      const isVisitor = caller.role === 'visitor'
      // Most visitors have an address of their own.
      const before = isVisitor ? source?.visitorBucket : undefined
      const sender = limit.on ? limit.again(before, caller.id, now) : undefined
      if (isVisitor && source !== undefined) source.visitorBucket = sender
      if (sender !== undefined) {
        const wait = Math.max(limit.wait(sender, now), sender.blockedUntil - now)
        if (wait > 0) return refusedBy(name, wait, origin, sender, now)
      }
      if (isVisitor) {
        const address = keyed['address.messages']
        const from =
          source === undefined || source.exempt || !address.on
            ? undefined
            : address.again(source.addressBucket, source.key, now)
        if (source !== undefined) source.addressBucket = from
        const addressWait = from === undefined ? 0 : address.wait(from, now)
        if (addressWait > 0) return refusedBy('address.messages', addressWait, origin, sender, now)
        const site = keyed['site.messages']
        const all = site.on ? site.again(source?.siteBucket, caller.site, now) : undefined
        if (source !== undefined) source.siteBucket = all
        const siteWait = all === undefined ? 0 : site.wait(all, now)
        if (siteWait > 0) return refusedBy('site.messages', siteWait, origin, sender, now)
        if (from !== undefined) address.take(from, now)
        if (all !== undefined) site.take(all, now)
      }
      if (sender !== undefined) {
        limit.take(sender, now)
        sender.waitsUntil = 0
      }
      return 0
    },
    turnedAway: (item) => {
      const { caller } = item.origin
      const name = senderLimit(item)
      if (!keyed[name].on || ports.isExempt(caller.site)) return
      const now = ports.now()
      const sender = keyed[name].of(caller.id, now)
      if (passOver(sender, now, underWay[caller.role], ports.penalty())) end(item.origin)
    },
    control: (origin) => {
      const { caller } = origin
      const name: LimitName = caller.role === 'visitor' ? 'visitor.controls' : 'agent.controls'
      const limit = keyed[name]
      if (!limit.on || ports.isExempt(caller.site)) return 0
      const now = ports.now()
      const sender = limit.of(caller.id, now)
      const wait = Math.max(limit.wait(sender, now), sender.blockedUntil - now)
      if (wait > 0) return refusedBy(name, wait, origin, sender, now)
      limit.take(sender, now)
      sender.waitsUntil = 0
      return 0
    },
    disconnected: () => disconnected,
  }
}

const nsPerMs = 1e6

/** Whole ms, rounded up. */
export function toMs(ns: number): number {
  return Math.ceil(ns / nsPerMs)
}
