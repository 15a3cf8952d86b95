import { once } from 'node:events'
import { connect } from 'node:net'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'

/**
 * A second opinion, which shares no code with the harness: ordinary `ws` clients, or plain HTTP over sockets, one timer a user.
 *
 *     node bench/independent.ts --url ws://… --site KEY --users 100 --rate 1 --seconds 20
 *     node bench/independent.ts --url http://…/path --site KEY --users 10 --rate 10 --seconds 20
 *
 * Visitors send at exponentially spaced instants, `--rate` a second each, and time each answer from the instant the message was
 * meant for. HTTP callers do as the tool does that they are compared with: each makes its share at the start of each second, one
 * request after the other. Prints one JSON object: how many were sent and answered, and the quantiles in milliseconds.
 */
const { values } = parseArgs({
  options: {
    url: { type: 'string', default: '' },
    site: { type: 'string', default: '' },
    users: { type: 'string', default: '100' },
    rate: { type: 'string', default: '1' },
    warmup: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '20' },
  },
})
const users = Number(values.users)
const meanMs = 1000 / Number(values.rate)
const answerWithinMs = 5_000
const tookMs: number[] = []
let sent = 0

/** Asks once; resolves with the answer. */
type User = () => Promise<void>

const all = await Promise.all(
  Array.from({ length: users }, () => (values.url.startsWith('ws') ? visitor() : caller())),
)
const from = performance.now() + Number(values.warmup) * 1000
const until = from + Number(values.seconds) * 1000
await Promise.all(all.map(values.url.startsWith('ws') ? walk : bursts))
tookMs.sort((a, b) => a - b)
const at = (share: number): number =>
  Number((tookMs[Math.ceil(tookMs.length * share) - 1] ?? Number.NaN).toFixed(3))
console.log(
  JSON.stringify({ sent, answered: tookMs.length, p50_ms: at(0.5), p90_ms: at(0.9), p99_ms: at(0.99) }),
)
process.exit(0)

async function walk(ask: User): Promise<void> {
  const answers: Promise<void>[] = []
  for (let meant = performance.now(); ; ) {
    meant += -Math.log(1 - Math.random()) * meanMs
    if (meant >= until) break
    await sleepUntil(meant)
    const intended = meant
    const counts = intended >= from
    if (counts) sent += 1
    answers.push(
      ask().then(() => {
        if (counts) tookMs.push(performance.now() - intended)
      }),
    )
  }
  const late = new Promise<void>((resolve) => {
    setTimeout(resolve, answerWithinMs).unref()
  })
  await Promise.race([Promise.all(answers), late])
}

async function bursts(ask: User): Promise<void> {
  for (let second = from; second < until; second += 1000) {
    await sleepUntil(second)
    for (let n = 0; n < Number(values.rate); n++) {
      const began = performance.now()
      sent += 1
      await ask()
      tookMs.push(performance.now() - began)
    }
  }
}

// An ordinary timer: it rings up to a millisecond early or late, and what was early waits once more.
async function sleepUntil(instant: number): Promise<void> {
  for (let ms = instant - performance.now(); ms > 0; ms = instant - performance.now()) {
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
}

async function visitor(): Promise<User> {
  const socket = new WebSocket(values.url, 'kf.v1')
  const waiting = new Map<string, () => void>()
  let welcomed: () => void = () => {}
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as { readonly type: string; readonly id?: string }
    if (frame.type === 'welcome') welcomed()
    if (frame.type !== 'ack') return
    waiting.get(frame.id ?? '')?.()
    waiting.delete(frame.id ?? '')
  })
  await once(socket, 'open')
  const welcome = new Promise<void>((resolve) => {
    welcomed = resolve
  })
  socket.send(JSON.stringify({ type: 'hello', site: values.site }))
  await welcome
  return () =>
    new Promise((resolve) => {
      const id = timeOrderedId()
      waiting.set(id, resolve)
      socket.send(
        JSON.stringify({ type: 'send', id, body: { kind: 'text', text: 'Where is my order 20480917?' } }),
      )
    })
}

// A connection of its own that is kept: Node's HTTP client takes as long for a request as kf does for the answer.
async function caller(): Promise<User> {
  const { hostname, port, pathname } = new URL(values.url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  const question = `GET ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nx-kf-site: ${values.site}\r\n\r\n`
  let answer = ''
  let answered: () => void = () => {}
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    answer += chunk
    const head = answer.indexOf('\r\n\r\n')
    if (head < 0) return
    const length = Number(/content-length: (\d+)/i.exec(answer.slice(0, head))?.[1])
    if (answer.length < head + 4 + length) return
    if (!answer.startsWith('HTTP/1.1 200')) throw new Error(answer.slice(0, head))
    answer = ''
    answered()
  })
  return () =>
    new Promise((resolve) => {
      answered = resolve
      socket.write(question)
    })
}

// RFC 9562, 5.7: 48 bits of time, the version, and chance.
function timeOrderedId(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  const chance = crypto.randomUUID().slice(15)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${chance}`
}
