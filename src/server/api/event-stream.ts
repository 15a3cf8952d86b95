import type { ServerResponse } from 'node:http'
import type { Clock } from '../../core/clock.ts'
import type { EventSink } from './ports.ts'

export const eventStreamLimits = {
  heartbeatMs: 15_000,
  /** What may wait in memory for a slow reader, bytes. */
  outboxBytes: 1_048_576,
} as const

export type EventStream = EventSink & {
  /** Runs once, when the stream has ended for whatever reason. */
  readonly onEnd: (task: () => void) => void
}

/**
 * Server-sent events (HTML, 9.2) on a response: `event: frame` for each frame, `event: close` with the close code that a
 * socket would get, since HTTP has none, and a comment as heartbeat. A reader that lags past the bound, or takes nothing
 * between two heartbeats, is cut: it resumes from what it has.
 */
export function openEventStream(
  response: ServerResponse,
  clock: Pick<Clock, 'after'>,
  onHeartbeat: (stream: EventSink) => void = () => undefined,
): EventStream {
  const tasks: (() => void)[] = []
  let ended = false
  let pending = false
  let cancelHeartbeat = (): void => undefined

  const end = (): void => {
    if (ended) return
    ended = true
    cancelHeartbeat()
    for (const task of tasks) task()
  }
  const cut = (): void => {
    response.destroy()
    end()
  }
  const put = (text: string): void => {
    if (ended) return
    response.write(text)
    if (response.writableLength > eventStreamLimits.outboxBytes) cut()
  }

  const stream: EventStream = {
    write: (frame) => {
      put(`event: frame\ndata: ${frame}\n\n`)
    },
    close: (code, reason) => {
      if (ended) return
      put(`event: close\ndata: ${JSON.stringify({ code, reason })}\n\n`)
      response.end()
      end()
    },
    onEnd: (task) => {
      if (ended) task()
      else tasks.push(task)
    },
  }

  const beat = (): void => {
    // Whatever waited at the last heartbeat still waits: the other side is gone or asleep.
    if (pending && response.writableLength > 0) {
      cut()
      return
    }
    pending = response.writableLength > 0
    put(': still here\n\n')
    onHeartbeat(stream)
    if (!ended) cancelHeartbeat = clock.after(eventStreamLimits.heartbeatMs, beat)
  }

  response.on('close', end)
  // NOTE: a response without a listener for errors takes the whole worker down.
  response.on('error', cut)
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Nginx would collect the stream otherwise.
    'x-accel-buffering': 'no',
  })
  put('retry: 2000\n\n')
  cancelHeartbeat = clock.after(eventStreamLimits.heartbeatMs, beat)
  return stream
}
