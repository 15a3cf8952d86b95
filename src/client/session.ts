import type { Clock } from '../core/clock.ts'
import { KfError } from '../core/errors.ts'
import { uuidv7 } from '../core/ids.ts'
import type { AgentCommand, Send, StreamName } from '../protocol/frames.ts'
import { createConnection } from './connection.ts'
import type { OpenSocket, Outcome, Session, SessionOptions, SessionState } from './contract.ts'
import { Model } from './model.ts'
import { throttle } from './throttle.ts'
import { viewOf } from './view.ts'

export * from './contract.ts'

const typingEveryMs = 1_000
const fullMessage = 'too many messages wait for an answer'

/** A session that does nothing until `start()`. */
export function createSession(options: SessionOptions): Session {
  const { random, taps } = options
  const listeners = new Set<() => void>()
  const commands = new Map<string, (outcome: Outcome) => void>()
  let state: SessionState | undefined
  let depth = 0
  let dirty = false

  // Whatever moves the session (a call, a timer, the socket) runs inside `batch`: one notice for all it changes.
  const clock: Clock = {
    ...options.clock,
    after: (delayMs, task) =>
      options.clock.after(delayMs, () => {
        batch(task)
      }),
  }
  const model = new Model({
    ...options,
    clock,
    transmit: (text) => connection.send(text),
    onSilence: () => {
      connection.probe()
    },
    onOutcome: conclude,
    onChange: changed,
  })
  const connection = createConnection({
    url: options.url,
    openSocket: inBatches(options.openSocket, batch),
    clock,
    random,
    hello: () => JSON.stringify(model.hello()),
    onWelcome: (frame) => {
      model.welcome(frame)
    },
    onFrame: (frame) => {
      model.received(frame)
    },
    onDown: () => {
      model.down()
      sayTyping.cancel()
    },
    onChange: changed,
  })
  const sayTyping = throttle(clock, typingEveryMs, (frame: Parameters<typeof model.transmit>[0]) => {
    model.transmit(frame)
  })

  function changed(): void {
    dirty = true
    state = undefined
  }

  function batch<Result>(task: () => Result): Result {
    depth++
    try {
      return task()
    } finally {
      depth--
      if (depth === 0 && dirty) {
        dirty = false
        for (const listener of listeners) listener()
      }
    }
  }

  function conclude(outcome: Outcome): void {
    commands.get(outcome.id)?.(outcome)
    commands.delete(outcome.id)
    taps?.onOutcome?.(outcome)
  }

  function send(
    conversation: string | undefined,
    body: Send['body'],
    { stream, epoch }: { readonly stream?: StreamName; readonly epoch?: number } = {},
  ): string {
    if (model.outbox.full) {
      throw new KfError('outbox_full', fullMessage, { hint: 'wait until the connection is back' })
    }
    const id = uuidv7(clock.now(), random)
    add({
      type: 'send',
      id,
      ...(conversation === undefined ? {} : { conversation }),
      ...(stream === undefined ? {} : { stream }),
      body,
      ...(epoch === undefined ? {} : { epoch }),
    })
    return id
  }

  function add(frame: Send | AgentCommand): void {
    taps?.onMade?.(frame)
    model.outbox.add(frame)
  }

  return {
    get state() {
      state ??= viewOf(connection.phase(), model)
      return state
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    start: () => {
      batch(() => {
        model.outbox.open()
        connection.start()
      })
    },
    stop: () => {
      batch(() => {
        connection.stop()
        for (const { id } of model.outbox.dropCommands()) {
          conclude({ status: 'rejected', id, code: 'abandoned', message: 'the session was stopped' })
        }
        model.outbox.close()
      })
    },
    send: (conversation, body, sendOptions) => batch(() => send(conversation, body, sendOptions)),
    discard: (id) => {
      batch(() => model.outbox.discard(id))
    },
    resend: (id, resendOptions) =>
      batch(() => {
        const frame = model.outbox.discard(id)?.frame
        return frame?.type === 'send'
          ? send(frame.conversation, frame.body, { ...frame, ...resendOptions })
          : undefined
      }),
    command: (command) => {
      const { promise, resolve } = Promise.withResolvers<Outcome>()
      const id = uuidv7(clock.now(), random)
      commands.set(id, resolve)
      batch(() => {
        if (model.outbox.full) conclude({ status: 'rejected', id, code: 'outbox_full', message: fullMessage })
        else add({ ...command, id })
      })
      return promise
    },
    typing: (conversation, preview) => {
      sayTyping({
        type: 'typing',
        ...(conversation === undefined ? {} : { conversation }),
        ...(preview === undefined ? {} : { preview: preview.slice(0, model.limits.preview_chars) }),
      })
    },
    markRead: (conversation, seq) => {
      batch(() => {
        model.markRead(conversation, seq)
      })
    },
    loadOlder: (conversation, stream = 'public') => {
      batch(() => {
        model.threads.loadOlder(model.threads.open(conversation, stream))
      })
    },
    setStatus: (status) => {
      batch(() => {
        model.setStatus(status)
      })
    },
    probe: () => {
      batch(() => {
        connection.probe()
      })
    },
    kick: () => {
      batch(() => {
        connection.kick()
      })
    },
  }
}

function inBatches(openSocket: OpenSocket, batch: (task: () => void) => void): OpenSocket {
  return (url, protocol, events) =>
    openSocket(url, protocol, {
      onopen: () => {
        batch(events.onopen)
      },
      onmessage: (text) => {
        batch(() => {
          events.onmessage(text)
        })
      },
      onclose: (code) => {
        batch(() => {
          events.onclose(code)
        })
      },
    })
}
