import { connect } from 'node:net'
import type { Clock } from '../../../core/clock.ts'
import { codeOf } from '../../../core/errors.ts'

/** What one small connection of the harness's own went through. */
export type Exchange = {
  /** Requests that were answered whole. */
  readonly answers: number
  /** From the connect to the last answer; where there is none, to the end. */
  readonly ms: number
  readonly sentBytes: number
  readonly gotBytes: number
  /** In how many pieces the answers came. */
  readonly pieces: number
  /** How it went: all answered, or why not. `silent`: connected, still open, and it had to be given up. */
  readonly end: 'answered' | 'refused' | 'reset' | 'closed' | 'silent'
  /** From our end of the connection to the other's; undefined where it was not waited for. */
  readonly closeMs: number | undefined
}

export type Work = {
  readonly requests: number
  /** Filler in each request, bytes. */
  readonly padding: number
  /** After the answers, end it and wait for the other end to do so too. */
  readonly close?: boolean
}

const one: Work = { requests: 1, padding: 0 }
const answerEnd = '\r\n\r\n'

/**
 * Connects to `address` (`127.0.0.1:8080`), asks over HTTP and never rejects. `giveUp` resolves when the wait is to end.
 * Requests are HEAD, which every HTTP server answers without a body, whatever it has there.
 */
export function exchange(
  address: string,
  clock: Clock,
  giveUp: Promise<unknown>,
  { requests, padding, close = false }: Work = one,
): Promise<Exchange> {
  const { promise, resolve } = Promise.withResolvers<Exchange>()
  const { host, port } = hostAndPort(address)
  const filler = padding === 0 ? '' : `x-filler: ${'x'.repeat(padding)}\r\n`
  const text = `HEAD /healthz HTTP/1.1\r\nhost: ${address}\r\nuser-agent: kf-chaos\r\n${filler}\r\n`.repeat(
    requests,
  )
  const from = clock.monotonic()
  let [answers, gotBytes, pieces] = [0, 0, 0]
  let tail = ''
  let answeredAt: number | undefined
  const socket = connect(port, host)
  const end = (how: Exchange['end']): void => {
    const at = clock.monotonic()
    socket.destroy()
    resolve({
      answers,
      ms: (answeredAt ?? at) - from,
      sentBytes: text.length,
      gotBytes,
      pieces,
      end: answeredAt === undefined ? how : 'answered',
      closeMs: answeredAt === undefined || !close || how === 'silent' ? undefined : at - answeredAt,
    })
  }
  socket.setNoDelay(true)
  socket.once('connect', () => socket.write(text))
  socket.on('data', (data: Buffer) => {
    gotBytes += data.length
    pieces += 1
    const parts = (tail + data.toString('latin1')).split(answerEnd)
    answers += parts.length - 1
    tail = (parts.at(-1) ?? '').slice(-answerEnd.length)
    if (answers < requests || answeredAt !== undefined) return
    answeredAt = clock.monotonic()
    if (close) socket.end()
    else end('answered')
  })
  socket.once('error', (error) => {
    end(codeOf(error) === 'ECONNREFUSED' ? 'refused' : 'reset')
  })
  socket.once('close', () => {
    end('closed')
  })
  void giveUp.then(() => {
    end('silent')
  })
  return promise
}

/** For `giveUp`. */
export function elapsed(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve)
  })
}

function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) }
}
