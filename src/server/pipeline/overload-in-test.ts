import { createShedder } from '../limits/shedding.ts'
import { createAdmit } from './admit.ts'
import { createPipelineMetrics } from './metrics.ts'
import { itemOf } from './parse.ts'
import { createRefuser } from './refusal.ts'
import type { Item, Origin } from './stage.ts'

/**
 * One worker and one writer in virtual time, before open-loop senders that keep what was not acked and send it again in order,
 * as src/client does. The door (shedding, lanes) is kf's own; what things cost is assumed, in µs of the worker's time.
 *
 * As libuv does under load, the worker first takes all frames that are there and only then the writer's answers: so what is
 * spent on frames that will be refused delays everything else. That is what a retry storm feeds on.
 */
export type OverloadOptions = {
  readonly senders: number
  /** Each sends one message per so many ms on average, exponential. */
  readonly everyMs: number
  readonly forMs: number
  readonly seed: number
  /** Share of its full speed that the server has at an instant: worker and writer alike. */
  readonly speed: (nowMs: number) => number
  /** At full speed. */
  readonly storedPerSecond: number
  readonly cost: { readonly refusedUs: number; readonly admittedUs: number; readonly answeredUs: number }
  readonly target: { readonly targetMs: number; readonly intervalMs: number }
  readonly queue: number
  /** Puts another rule in the place of the shedder's: how long a refused one waits. */
  readonly retryAfterMs?: (random: () => number) => number
}

export type Second = {
  /** Messages first sent, acked, refused, in this second. */
  readonly offered: number
  readonly acked: number
  readonly refused: number
  /** Of what was asked of the writer and has no answer, at its end. */
  readonly waiting: number
  /** Not acked yet, at its end, wherever they are. */
  readonly backlog: number
}

type Sender = {
  readonly origin: Origin
  /** In the order sent; `sent`: on its way, so many of the first. */
  readonly outbox: string[]
  sent: number
  pausedUntil: number
}

const windowOfLane = 16
const netMs = 1

export function overload(options: OverloadOptions): readonly Second[] {
  const { cost, speed, forMs } = options
  const random = mulberry32(options.seed)
  const timers = new Map<number, (() => void)[]>()
  const seconds: { -readonly [Key in keyof Second]: number }[] = []
  const second = () =>
    (seconds[Math.floor(now / 1000)] ??= { offered: 0, acked: 0, refused: 0, waiting: 0, backlog: 0 })
  const queue: Item[] = []
  const asked: number[] = []
  let head = 0
  let now = 0
  let timed = 0
  let writerAt = 0
  let backlog = 0
  let frames: Item[] = []

  const at = (ms: number, task: () => void): void => {
    const bucket = Math.max(timed + 1, Math.ceil(ms))
    const list = timers.get(bucket)
    if (list === undefined) timers.set(bucket, [task])
    else list.push(task)
  }
  const shedder = createShedder({ ...options.target, random })
  const retryAfterMs =
    options.retryAfterMs === undefined ? shedder.retryAfterMs : () => options.retryAfterMs?.(random) ?? 0
  const none = { depth: () => 0 }
  const metrics = createPipelineMetrics({ ingress: none, filter: none, persist: none })
  const refuser = createRefuser({ shedder: { retryAfterMs }, monotonic: () => now, underWay: () => 0 })
  const oldestMs = (): number => (head < queue.length ? now - (asked[head] ?? now) : 0)
  const admit = createAdmit({
    refuser,
    shedder,
    waitedMs: oldestMs,
    monotonic: () => now,
    metrics: metrics.filter,
  })
  const spend = (us: number): void => {
    now += us / 1000 / speed(now)
  }

  // Senders.
  const pump = (sender: Sender): void => {
    if (now < sender.pausedUntil) return
    while (sender.sent < Math.min(windowOfLane, sender.outbox.length)) {
      const id = sender.outbox[sender.sent++] ?? ''
      frames.push(itemOf(sender.origin, { type: 'send', id, body: { kind: 'text', text: '' } }))
    }
  }
  let made = 0
  const speak = (sender: Sender): void => {
    at(now - Math.log(1 - random()) * options.everyMs, () => {
      sender.outbox.push(String(++made))
      second().offered++
      backlog++
      pump(sender)
      speak(sender)
    })
  }
  const busy = (sender: Sender, id: string, afterMs: number): void => {
    second().refused++
    const place = sender.outbox.indexOf(id)
    if (place < 0 || place >= sender.sent) return
    sender.sent = place
    sender.pausedUntil = now + afterMs
    at(sender.pausedUntil, () => {
      pump(sender)
    })
  }
  for (let n = 0; n < options.senders; n++) {
    const caller = {
      role: 'visitor',
      id: String(n),
      site: '',
      record: { id: '', site: '', tokenHash: '' },
    } as const
    const sender: Sender = {
      outbox: [],
      sent: 0,
      pausedUntil: 0,
      origin: {
        caller,
        refused: undefined,
        visitorStored: true,
        control: () => undefined,
        invalid: () => undefined,
        answered: (frame, _request, answer) => {
          const after = answer.status === 'failed' ? (answer.retryAfterMs ?? 0) : undefined
          at(now + netMs, () => {
            if (after !== undefined) {
              busy(sender, frame.id, after)
              return
            }
            const place = sender.outbox.indexOf(frame.id)
            if (place < 0) return
            sender.outbox.splice(place, 1)
            if (place < sender.sent) sender.sent--
            second().acked++
            backlog--
            pump(sender)
          })
        },
      },
    }
    speak(sender)
  }

  // Server.
  const takeFrames = (): void => {
    const ready = frames
    frames = []
    for (let from = 0; from < ready.length; from += 64) {
      const batch = ready.slice(from, from + 64)
      const admitted = admit(batch)
      spend((batch.length - admitted.length) * cost.refusedUs + admitted.length * cost.admittedUs)
      for (const item of admitted) {
        if (refuser.overtaken(item, metrics.persist)) continue
        if (queue.length - head >= options.queue) refuser.refuse(item, 'full', metrics.persist)
        else {
          queue.push(item)
          asked.push(now)
        }
      }
    }
  }
  const takeAnswers = (): void => {
    let answers = 0
    for (; head < queue.length; head++) {
      const start = Math.max(writerAt, asked[head] ?? 0)
      const end = start + 1000 / (options.storedPerSecond * speed(start))
      if (end > now) break
      writerAt = end
      const item = queue[head]
      item?.origin.answered(item.frame, undefined, { status: 'done' })
      answers++
    }
    spend(answers * cost.answeredUs)
    shedder.served(answers)
    if (head > 100_000) {
      queue.splice(0, head)
      asked.splice(0, head)
      head = 0
    }
  }

  while (now < forMs) {
    const before = now
    for (; timed < Math.floor(now); ) {
      timed++
      const due = timers.get(timed)
      timers.delete(timed)
      for (const task of due ?? []) task()
    }
    takeFrames()
    takeAnswers()
    Object.assign(second(), { waiting: queue.length - head, backlog })
    if (now - before < 0.5) now = before + 0.5
  }
  return seconds
}

function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
