import { uuidv7 } from '../src/core/ids.ts'
import { decodeClientFrame } from '../src/protocol/decode.ts'
import { ackFrame, messageFrame } from '../src/protocol/encode.ts'
import { type Bench, type Claim, type Figures, median, quotients, rounded, series } from './support/claim.ts'
import { bodyText } from './support/store.ts'
import { kept, microseconds } from './support/timing.ts'
import { underLoad } from './support/under-load.ts'

/**
 * JSON's share of what a message costs. The whole is measured in a running kf at its limit, from its own CPU counters; the
 * parts are timed alone, over a thousand different messages: parsing the frame that came, writing the body that is stored,
 * and making the texts of the ack and of the delivery. Timed alone they find warm caches: the share is a lower bound, with the
 * time of the parse stage in the running server beside it as the upper one.
 */
export const parse: Claim = {
  name: 'parse',
  title: "JSON's share of the CPU that a message costs",
  unit: 'CPU-µs of JSON per message ÷ CPU-µs per message of all processes',
  rounds: 1,
  warmUps: 0,
  needsBuild: true,
  variants: () => ['parts', 'whole'],
  sample: (variant, bench) => (variant === 'parts' ? parts(bench) : whole(bench)),
  conclude: (rounds) => {
    const part = (name: string): number => median(series(rounds, 'parts', name))
    const all = (name: string): number => median(series(rounds, 'whole', name))
    const samples = quotients(series(rounds, 'parts', 'json_us'), series(rounds, 'whole', 'cpu_us'))
    return {
      ratio: median(samples),
      samples,
      figures: {
        json_us: rounded(part('json_us')),
        json_parse_us: rounded(part('json_parse_us')),
        checks_us: rounded(part('checks_us')),
        stringify_us: rounded(part('stringify_us')),
        frames_us: rounded(part('frames_us')),
        parse_stage_us: rounded(all('parse')),
        cpu_us: rounded(all('cpu_us')),
        worker_cpu_us: rounded(all('worker_cpu_us')),
        writer_cpu_us: rounded(all('writer_cpu_us')),
        messages_per_s: Math.round(all('messages_per_s')),
        stages_us: Object.fromEntries(
          ['parse', 'filter', 'route', 'persist', 'answer', 'commit'].map((stage) => [
            stage,
            rounded(all(stage)),
          ]),
        ),
      },
      bounds: [],
      invalid: null,
    }
  },
}

async function whole(bench: Bench): Promise<Figures> {
  const { cpuUs, workerCpuUs, writerCpuUs, messagesPerS, stageUs, sockets } = await underLoad(bench)
  return {
    cpu_us: cpuUs,
    worker_cpu_us: workerCpuUs,
    writer_cpu_us: writerCpuUs,
    messages_per_s: messagesPerS,
    sockets,
    ...stageUs,
  }
}

function parts(bench: Bench): Promise<Figures> {
  const count = 1_000
  const rounds = bench.options.quick ? 5 : 100
  const from = Date.now()
  const ids = Array.from({ length: count }, (_, n) => uuidv7(from + n))
  const bodies = ids.map((_, n) => ({ kind: 'text', text: `${n} ${bodyText}` }))
  const texts = ids.map((id, n) => JSON.stringify({ type: 'send', id, body: bodies[n] }))
  const stored = bodies.map((body) => JSON.stringify(body))
  const time = (work: (n: number) => unknown): number =>
    microseconds(count * rounds, () => {
      for (let round = 0; round < rounds; round++) {
        for (let n = 0; n < count; n++) kept.value = work(n)
      }
    })
  const conversation = 'aaaaaaaaaaaaaaa2'
  const from0 = { role: 'visitor', id: 'vixpo4nvh3t7gmxl' } as const
  const jsonParse = time((n) => JSON.parse(texts[n] ?? '') as unknown)
  const decode = time((n) => decodeClientFrame(texts[n] ?? ''))
  const stringify = time((n) => JSON.stringify(bodies[n]))
  const frames = time((n) => {
    const id = ids[n] ?? ''
    const ack = ackFrame({ id, conversation, stream: 'public', seq: n, at: from })
    const bodyJson = stored[n] ?? ''
    const message = messageFrame({
      conversation,
      stream: 'public',
      seq: n,
      id,
      from: from0,
      bodyJson,
      at: from,
    })
    // Joined texts are made when they are read: as the transport does.
    return Buffer.byteLength(ack) + Buffer.byteLength(message)
  })
  return Promise.resolve({
    json_us: jsonParse + stringify + frames,
    json_parse_us: jsonParse,
    checks_us: decode - jsonParse,
    stringify_us: stringify,
    frames_us: frames,
  })
}
