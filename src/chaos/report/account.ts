import type { GeneratorResult, ReceivedLog, SentLog } from '../load/ipc.ts'
import { messageState } from '../load/message-log.ts'

export type Integrity = {
  /** Acked, and neither delivered to its reader nor found by reading back; or acked and not in the store as acked. */
  readonly lost: number
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
  for (const result of results) {
    const delivered = results.flatMap((other) => from(other.messagesReceived, result.generator))
    const answered = results.flatMap((other) => from(other.answersReceived, result.generator))
    const stored = options.stores ? result.readBack : undefined
    const complete = stored !== undefined && stored.asked > 0 && stored.complete === stored.asked
    const messages = match(
      result.messages,
      options.delivers ? delivered : undefined,
      complete ? stored.seq : undefined,
    )
    const answers = match(result.answers, options.delivers ? answered : undefined, undefined)
    total.lost += messages.lost + answers.lost
    total.duplicated += messages.duplicated + answers.duplicated + result.readBack.duplicates
    const { agentsStreams, visitorsStreams } = result.disorder
    total.senders += outOfSendersOrder(result.messages) + outOfSendersOrder(result.answers)
    total.agentsStreams += agentsStreams
    total.visitorsStreams += visitorsStreams
    total.stored += result.readBack.disorder
    total.acked += messages.acked
    total.answersAcked += answers.acked
    total.answersUnacked += answers.unacked
    total.readBackAsked += result.readBack.asked
    total.readBackComplete += result.readBack.complete
  }
  const { senders, agentsStreams, visitorsStreams, stored, ...rest } = total
  const disorder = { senders, agentsStreams, visitorsStreams, stored }
  return { ...rest, outOfOrder: senders + agentsStreams + visitorsStreams + stored, disorder }
}

type Matched = {
  readonly lost: number
  readonly duplicated: number
  readonly acked: number
  readonly unacked: number
}

// One generator's messages against everyone's deliveries of them, and against the store where it was read in full.
function match(
  sent: SentLog,
  received: readonly ReceivedLog[] | undefined,
  stored: Uint32Array | undefined,
): Matched {
  let lost = 0
  let acked = 0
  let duplicated = sent.conflictingAcks
  for (const log of received ?? []) duplicated += log.duplicates
  for (let index = 0; index < sent.count; index++) {
    const state = sent.state[index]
    const seqs: number[] = []
    for (const log of received ?? []) {
      const seq = log.seq[index] ?? 0
      if (seq !== 0) seqs.push(seq)
    }
    const storedSeq = stored?.[index] ?? 0
    const isAcked = state === messageState.acked || state === messageState.late
    if (isAcked) acked += 1
    if (seqs.length > 1) duplicated += seqs.length - 1
    const known = isAcked ? (sent.seq[index] ?? 0) : (seqs[0] ?? 0)
    if (known !== 0 && ((seqs.length > 0 && seqs[0] !== known) || (storedSeq !== 0 && storedSeq !== known)))
      duplicated += 1
    if (!isAcked) continue
    const undelivered = received !== undefined && seqs.length === 0
    if (undelivered || (stored !== undefined && storedSeq === 0)) lost += 1
  }
  return { lost, duplicated, acked, unacked: sent.count - acked }
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
