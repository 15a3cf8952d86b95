import type { GeneratorResult, ReceivedLog, SentLog } from '../load/ipc.ts'
import { messageState, ofAnotherHistory } from '../load/message-log.ts'

export type Integrity = {
  /** Acked, and not in the store when its conversation was read back; or neither delivered nor read back. */
  readonly lost: number
  /** Acked and stored, and yet its reader never got it, however long the run waited. */
  readonly undelivered: number
  /** One message under two seqs, or delivered twice. */
  readonly duplicated: number
  /** Holes, disorder within a stream, a sender's messages out of the order sent. */
  readonly outOfOrder: number
  /** Its parts: by sender, in agents' and visitors' streams, in what was read back. */
  readonly disorder: Readonly<Record<'senders' | 'agentsStreams' | 'visitorsStreams' | 'stored', number>>
  readonly acked: number
  readonly answersAcked: number
  readonly answersUnacked: number
  readonly readBackAsked: number
  readonly readBackComplete: number
}

export type AccountOptions = {
  /** The target hands messages on to agents, and answers to visitors. */
  readonly delivers: boolean
  /** The target keeps what it acked. */
  readonly stores: boolean
}

/** Counts loss, duplicates and disorder over all messages of a run, warm-up included, from what every generator saw. */
export function account(results: readonly GeneratorResult[], options: AccountOptions): Integrity {
  const total = {
    lost: 0,
    undelivered: 0,
    duplicated: 0,
    senders: 0,
    agentsStreams: 0,
    visitorsStreams: 0,
    stored: 0,
    acked: 0,
    answersAcked: 0,
    answersUnacked: 0,
    readBackAsked: 0,
    readBackComplete: 0,
  }
  const allRead = results.every(({ readBack }) => readBack.read.length > 0 && !readBack.read.includes(0))
  for (const result of results) {
    const delivered = results.flatMap((other) => from(other.messagesReceived, result.generator))
    const answered = results.flatMap((other) => from(other.answersReceived, result.generator))
    const { readBack } = result
    const messages = match(result.messages, {
      received: options.delivers ? delivered : undefined,
      stored: options.stores ? readBack.seq : undefined,
      wasRead: (who) => readBack.read[who] === 1,
    })
    const answers = match(result.answers, {
      received: options.delivers ? answered : undefined,
      stored: options.stores ? merged(results, result.generator) : undefined,
      wasRead: () => allRead,
    })
    total.lost += messages.lost + answers.lost
    total.undelivered += messages.undelivered + answers.undelivered
    total.duplicated += messages.duplicated + answers.duplicated + readBack.duplicates
    const { agentsStreams, visitorsStreams } = result.disorder
    total.senders += outOfSendersOrder(result.messages) + outOfSendersOrder(result.answers)
    total.agentsStreams += agentsStreams
    total.visitorsStreams += visitorsStreams
    total.stored += readBack.disorder
    total.acked += messages.acked
    total.answersAcked += answers.acked
    total.answersUnacked += answers.unacked
    total.readBackAsked += readBack.asked
    total.readBackComplete += readBack.complete
  }
  const { senders, agentsStreams, visitorsStreams, stored, ...rest } = total
  const disorder = { senders, agentsStreams, visitorsStreams, stored }
  return { ...rest, outOfOrder: senders + agentsStreams + visitorsStreams + stored, disorder }
}

type Evidence = {
  /** Deliveries of these messages, by receiver; undefined where the target hands nothing on. */
  readonly received: readonly ReceivedLog[] | undefined
  /** Seqs in the store; undefined where the target keeps nothing. */
  readonly stored: Uint32Array | undefined
  /** The store was read where a message of this sender would stand. */
  readonly wasRead: (who: number) => boolean
}

type Matched = Readonly<Record<'lost' | 'undelivered' | 'duplicated' | 'acked' | 'unacked', number>>

function match(sent: SentLog, { received, stored, wasRead }: Evidence): Matched {
  const found = { lost: 0, undelivered: 0, duplicated: sent.conflictingAcks, acked: 0 }
  for (const log of received ?? []) found.duplicated += log.duplicates
  for (let index = 0; index < sent.count; index++) {
    let deliveries = 0
    let deliveredSeq = 0
    for (const log of received ?? []) {
      const seq = log.seq[index] ?? 0
      if (seq === 0) continue
      deliveries += 1
      deliveredSeq = seq < ofAnotherHistory ? seq : 0
    }
    if (deliveries > 1) found.duplicated += deliveries - 1
    const storedSeq = stored?.[index] ?? 0
    const state = sent.state[index]
    const isAcked = state === messageState.acked || state === messageState.late
    const known = isAcked ? (sent.seq[index] ?? 0) : deliveredSeq
    const elsewhere = (seq: number): boolean => seq !== 0 && known !== 0 && seq !== known
    if (elsewhere(deliveredSeq) || elsewhere(storedSeq)) found.duplicated += 1
    if (!isAcked) continue
    found.acked += 1
    const undelivered = received !== undefined && deliveries === 0
    const gone = stored !== undefined && wasRead(sent.who[index] ?? 0) && storedSeq === 0
    if (gone || (undelivered && storedSeq === 0)) found.lost += 1
    else if (undelivered) found.undelivered += 1
  }
  return { ...found, unacked: sent.count - found.acked }
}

// Answers of one generator's agents, as the visitors of all generators read them back.
function merged(results: readonly GeneratorResult[], generator: number): Uint32Array {
  const logs = results.flatMap(({ readBack }) => from(readBack.answers, generator))
  const whole = new Uint32Array(Math.max(0, ...logs.map(({ seq }) => seq.length)))
  for (const { seq } of logs)
    for (let index = 0; index < seq.length; index++) whole[index] ||= seq[index] ?? 0
  return whole
}

// Messages of one sender whose seq is below that of an earlier one.
function outOfSendersOrder(sent: SentLog): number {
  const highest = new Uint32Array(1 << 16)
  let disorder = 0
  for (let index = 0; index < sent.count; index++) {
    const seq = sent.seq[index] ?? 0
    const who = sent.who[index] ?? 0
    if (seq === 0) continue
    if (seq < (highest[who] ?? 0)) disorder += 1
    else highest[who] = seq
  }
  return disorder
}

function from(logs: readonly ReceivedLog[], generator: number): readonly ReceivedLog[] {
  return logs.filter((log) => log.generator === generator)
}
