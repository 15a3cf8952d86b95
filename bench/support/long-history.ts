import { closeSync, openSync, writeSync } from 'node:fs'

/**
 * Writes the history of a healthy run with `operations` messages, each sent, acked, delivered and read back: four lines a
 * message, as many streams as make 500 messages each, an agent for fifty of them, one in fifty messages retried, every
 * connection cut and resumed ten times. Returns its lines and bytes.
 */
export function writeLongHistory(path: string, operations: number): { lines: number; bytes: number } {
  const out = new Out(path)
  const conversations = Math.max(batch, Math.round(operations / perConversation / batch) * batch)
  const rows = Math.ceil(operations / conversations) + 1
  const agents = Math.ceil(conversations / visitorsPerAgent)
  out.line('"e":"phase","p":"harness","phase":"baseline"')
  out.line('"e":"sample","p":"node","rssBytes":200000000,"connections":100,"queued":0')
  for (let agent = 0; agent < agents; agent++) {
    out.line(`"e":"desk","p":"harness","agent":"id-a${agent}","capacity":${visitorsPerAgent},"version":1`)
    up(out, `a${agent}`, 'agent', 1)
  }
  for (let c = 0; c < conversations; c++) up(out, `v${c}`, 'visitor', 1)
  const every = Math.max(1, Math.floor(rows / resumes))
  for (let seq = 1; seq <= rows; seq++) {
    if (seq === every) fault(out)
    out.line('"e":"sample","p":"node","rssBytes":200000000,"connections":100,"queued":0')
    const isResume = seq % every === 0
    for (let first = 0; first < conversations; first += batch)
      turn(out, first, seq, 1 + Math.floor(seq / every), isResume)
  }
  recover(out)
  for (let c = 0; c < conversations; c++) readBack(out, c, rows)
  out.line('"e":"phase","p":"harness","phase":"end"')
  return out.close()
}

const perConversation = 500
const visitorsPerAgent = 50
const batch = 100
const resumes = 10

/** One message in each of a hundred conversations: all are sent before the first is acked. */
function turn(out: Out, first: number, seq: number, conn: number, isResume: boolean): void {
  for (let c = first; c < first + batch; c++) {
    if (!isResume) break
    out.line(`"e":"down","p":"v${c}","conn":${conn - 1},"code":1006`)
    up(out, `v${c}`, 'visitor', conn, `,"resumed":true,"after":{"c${c}aaaaaaaaaa/public":${seq - 1}}`)
  }
  const isEvent = seq === 2
  for (let c = first; c < first + batch && !isEvent; c++) {
    const [p, epoch] = isVisitors(seq) ? [`v${c}`, ''] : [agentOf(c), `,"epoch":1`]
    const to = seq === 1 ? '' : `,"conversation":"c${c}aaaaaaaaaa"`
    out.line(
      `"e":"invoke","p":"${p}","id":"${idOf(c, seq)}","conn":${isVisitors(seq) ? conn : 1},"hash":${hashOf(c, seq)}${to},"stream":"public"${epoch}`,
    )
    if (mix(c, seq) % 50 !== 0) continue
    out.line(`"e":"info","p":"${p}","id":"${idOf(c, seq)}","why":"timeout"`)
    out.line(`"e":"info","p":"${p}","id":"${idOf(c, seq)}","why":"retry","conn":${conn}`)
  }
  for (let c = first; c < first + batch && !isEvent; c++) {
    const p = isVisitors(seq) ? `v${c}` : agentOf(c)
    out.line(
      `"e":"ok","p":"${p}","id":"${idOf(c, seq)}","conversation":"c${c}aaaaaaaaaa","stream":"public","seq":${seq}`,
    )
  }
  for (let c = first; c < first + batch; c++) {
    const reader = isVisitors(seq) ? agentOf(c) : `v${c}`
    if (seq > 1) out.line(`"e":"seen","p":"${reader}",${placed(c, seq)}`)
  }
}

function fault(out: Out): void {
  const fault = '"p":"harness","n":1,"fault":"latency","on":"visitors->node"'
  for (const e of ['inject', 'verified', 'healing', 'healed']) out.line(`"e":"${e}",${fault}`)
}

function recover(out: Out): void {
  out.line('"e":"phase","p":"harness","phase":"recovery"')
  for (let i = 0; i < 3; i++) {
    out.line('"e":"sample","p":"node","rssBytes":210000000,"connections":100,"queued":0')
    out.t += 60_000
  }
  out.line('"e":"phase","p":"harness","phase":"read-back"')
}

function readBack(out: Out, c: number, rows: number): void {
  for (let seq = 1; seq <= rows; seq++) out.line(`"e":"read","p":"store",${placed(c, seq)}`)
  out.line(
    `"e":"read-end","p":"store","conversation":"c${c}aaaaaaaaaa","stream":"public","head":${rows},"owner":"id-${agentOf(c)}","state":"assigned"`,
  )
}

function up(out: Out, p: string, role: string, conn: number, more = ''): void {
  out.line(
    `"e":"up","p":"${p}","conn":${conn},"incarnation":"first","you":{"role":"${role}","id":"id-${p}"}${more}`,
  )
}

/** Seq 1 opens the conversation, seq 2 assigns it, then both sides take turns. */
function isVisitors(seq: number): boolean {
  return seq % 2 === 1
}

function agentOf(c: number): string {
  return `a${Math.floor(c / visitorsPerAgent)}`
}

function placed(c: number, seq: number): string {
  const at = `"conversation":"c${c}aaaaaaaaaa","stream":"public","seq":${seq},"id":"${idOf(c, seq)}"`
  if (seq === 2) {
    const event = `{"kind":"assigned","epoch":1,"owner":"id-${agentOf(c)}","load":${1 + (c % visitorsPerAgent)},"capacity":${visitorsPerAgent},"agentVersion":1}`
    return `${at},"from":"desk","role":"system","hash":${hashOf(c, seq)},"event":${event}`
  }
  const [role, p] = isVisitors(seq) ? ['visitor', `v${c}`] : ['agent', agentOf(c)]
  return `${at},"from":"id-${p}","role":"${role}","hash":${hashOf(c, seq)}`
}

/** In the form of a UUIDv7, with scattered digits. */
function idOf(c: number, seq: number): string {
  const random = hex(mix(seq, c), 8)
  return `0192${hex(seq, 4)}-${hex(c % 65_536, 4)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${hex(c, 6)}${hex(seq, 6)}`
}

function hashOf(c: number, seq: number): number {
  return mix(c, seq) * 2 ** 20 + seq
}

function mix(a: number, b: number): number {
  const hash = Math.imul(Math.imul(a, 0x9e3779b1) ^ b, 0x85ebca6b)
  return (hash ^ (hash >>> 15)) >>> 0
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

class Out {
  t = 0
  #lines = 0
  #bytes = 0
  #buffer: string[] = []
  readonly #file: number

  constructor(path: string) {
    this.#file = openSync(path, 'w')
  }

  line(fields: string): void {
    this.t += 0.01
    this.#buffer.push(`{"t":${this.t.toFixed(2)},${fields}}\n`)
    if (this.#buffer.length === 4_096) this.#flush()
  }

  close(): { lines: number; bytes: number } {
    this.#flush()
    closeSync(this.#file)
    return { lines: this.#lines, bytes: this.#bytes }
  }

  #flush(): void {
    this.#lines += this.#buffer.length
    const bytes = Buffer.from(this.#buffer.join(''), 'latin1')
    this.#buffer = []
    this.#bytes += bytes.length
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done)
  }
}
