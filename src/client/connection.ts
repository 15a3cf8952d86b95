import type { Clock } from '../core/clock.ts'
import type { RandomBytes } from '../core/ids.ts'
import { closeCodes } from '../protocol/codes.ts'
import { decodeServerFrame } from '../protocol/decode-server.ts'
import { type ServerFrame, subprotocol, type Welcome } from '../protocol/frames.ts'
import { backoffMs } from './backoff.ts'
import type { Connection, OpenSocket, SocketPort } from './contract.ts'

/**
 * Keeps one socket up. What happens in which phase:
 *
 * | phase      | event                                | next       | does                                             |
 * |------------|--------------------------------------|------------|--------------------------------------------------|
 * | idle,ended | start                                | connecting | opens the socket                                 |
 * | connecting | open                                 | greeting   | sends hello                                      |
 * | greeting   | welcome                              | ready      |                                                  |
 * | connecting,greeting | close, or 10 s pass         | waiting    | backoff; or ended, as the close code says        |
 * | ready      | close; or no sign of life            | waiting    | backoff from the start after 5 s of being ready  |
 * | ready      | silence for 30 s                     | ready      | ping; 10 s later that counts as no sign of life  |
 * | ready      | drain                                | ready      | when its time has come: closes, connecting       |
 * | ready      | probe                                | ready      | ping; nothing within 3 s: connecting at once     |
 * | waiting    | its time, kick, probe                | connecting |                                                  |
 * | any        | stop                                 | ended      | closes with 1000                                 |
 */
export type ConnectionOptions = {
  readonly url: string
  readonly openSocket: OpenSocket
  readonly clock: Clock
  readonly random: RandomBytes
  /** The hello's text, made anew for each attempt. */
  readonly hello: () => string
  readonly onWelcome: (welcome: Welcome) => void
  /** Every other frame while ready. */
  readonly onFrame: (frame: Exclude<ServerFrame, Welcome>) => void
  /** The socket is gone; called once for each `onWelcome`. */
  readonly onDown: () => void
  readonly onChange: () => void
}

export type ConnectionControl = {
  readonly phase: () => Connection
  /** False when not ready: nothing was sent. */
  readonly send: (text: string) => boolean
  readonly start: () => void
  readonly stop: () => void
  readonly probe: () => void
  readonly kick: () => void
}

const greetWithinMs = 10_000
const quietMs = 30_000
const pongWithinMs = 10_000
const probeWithinMs = 3_000
const stableMs = 5_000
const lostCode = 1006

export function createConnection(options: ConnectionOptions): ConnectionControl {
  const { clock } = options
  let phase: Connection = { phase: 'idle' }
  let socket: SocketPort | undefined
  /** Events of a socket that was given up are told by its number. */
  let generation = 0
  let attempt = 0
  let readySince = 0
  let heardAt = 0
  let drainedAt: number | undefined
  let lastError: string | undefined
  const timers = { step: noTimer, life: noTimer, probe: noTimer, drain: noTimer }

  function enter(next: Connection): void {
    phase = next
    options.onChange()
  }

  function connect(): void {
    clearTimers()
    const mine = ++generation
    lastError = undefined
    drainedAt = undefined
    phase = { phase: 'connecting', attempt }
    timers.step = clock.after(greetWithinMs, lost)
    try {
      socket = options.openSocket(options.url, subprotocol, {
        onopen: () => {
          if (mine !== generation || phase.phase !== 'connecting') return
          socket?.send(options.hello())
          enter({ phase: 'greeting', attempt })
        },
        onmessage: (text) => {
          if (mine === generation) heard(text)
        },
        onclose: (code) => {
          if (mine === generation) closed(code)
        },
      })
    } catch {
      // A browser throws for an address it refuses; that is as good as a close.
      closed(lostCode)
      return
    }
    options.onChange()
  }

  function heard(text: string): void {
    heardAt = clock.monotonic()
    timers.probe()
    timers.probe = noTimer
    const frame = decodeServerFrame(text)
    if (frame === undefined) return
    if (phase.phase === 'ready') {
      if (frame.type === 'drain') drain(frame.reconnect_after_ms)
      else if (frame.type !== 'welcome') options.onFrame(frame)
    } else if (frame.type === 'error') {
      lastError = frame.message
    } else if (frame.type === 'welcome' && phase.phase === 'greeting') {
      timers.step()
      readySince = heardAt
      phase = { phase: 'ready' }
      watch(quietMs)
      options.onWelcome(frame)
      options.onChange()
    }
  }

  function drain(afterMs: number): void {
    drainedAt = clock.monotonic() + Math.max(0, afterMs)
    timers.drain()
    timers.drain = clock.after(Math.max(0, afterMs), () => {
      giveUp(1000)
      connect()
    })
  }

  function watch(delayMs: number): void {
    timers.life()
    timers.life = clock.after(delayMs, () => {
      const quiet = clock.monotonic() - heardAt
      if (quiet >= quietMs + pongWithinMs) lost()
      else if (quiet >= quietMs) {
        socket?.send(pingText)
        watch(quietMs + pongWithinMs - quiet)
      } else watch(quietMs - quiet)
    })
  }

  /** The socket is beyond hope: what it may still say is not listened to. */
  function lost(): void {
    giveUp(1000)
    comeBack(lostCode)
  }

  function closed(code: number): void {
    const drained = drainedAt
    down()
    const rule = closeRule(code)
    if (rule === 'yes') comeBack(code, drained)
    else end(rule === 'login' ? 'login' : 'refused', code)
  }

  function comeBack(code: number, drained?: number): void {
    clearTimers()
    const now = clock.monotonic()
    const delay = drained === undefined ? backoffMs(attempt++, options.random) : Math.max(0, drained - now)
    timers.step = clock.after(delay, connect)
    enter({ phase: 'waiting', attempt, until: now + delay, code })
  }

  function end(reason: 'stopped' | 'login' | 'refused', code: number): void {
    clearTimers()
    attempt = 0
    enter({ phase: 'ended', reason, code, ...(lastError === undefined ? {} : { message: lastError }) })
  }

  function giveUp(code: number): void {
    const old = socket
    down()
    old?.close(code)
  }

  function down(): void {
    generation++
    socket = undefined
    clearTimers()
    if (phase.phase !== 'ready') return
    if (clock.monotonic() - readySince >= stableMs) attempt = 0
    options.onDown()
  }

  function clearTimers(): void {
    for (const name of ['step', 'life', 'probe', 'drain'] as const) {
      timers[name]()
      timers[name] = noTimer
    }
  }

  return {
    phase: () => phase,
    send: (text) => {
      if (phase.phase !== 'ready' || socket === undefined) return false
      socket.send(text)
      return true
    },
    start: () => {
      if (phase.phase === 'idle' || phase.phase === 'ended') connect()
    },
    stop: () => {
      if (phase.phase === 'idle' || phase.phase === 'ended') return
      giveUp(1000)
      lastError = undefined
      end('stopped', 1000)
    },
    probe: () => {
      if (phase.phase === 'waiting') connect()
      else if (phase.phase === 'ready' && timers.probe === noTimer) {
        timers.probe = clock.after(probeWithinMs, () => {
          giveUp(1000)
          connect()
        })
        socket?.send(pingText)
      }
    },
    kick: () => {
      if (phase.phase === 'waiting') connect()
    },
  }
}

const pingText = '{"type":"ping"}'

function noTimer(): void {}

// An unknown code is a proxy's or the network's (1005, 1006, 1012 …): come back.
function closeRule(code: number): 'yes' | 'no' | 'login' {
  for (const [known, { reconnect }] of Object.entries(closeCodes)) {
    if (Number(known) === code) return reconnect
  }
  return 'yes'
}
