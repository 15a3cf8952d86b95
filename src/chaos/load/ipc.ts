import type { Flow, Scenario } from '../scenario/scenario.ts'
import type { LeanAddress } from '../user/lean.ts'

/** What the coordinator tells a generator process, and hears from it. Structured clone carries it ("advanced" serialisation). */

export type LoadMode = 'open' | 'closed'

/** Where visitor or agent `n` of the run connects: the address at `n % addresses.length`. */
export type Addresses = readonly Omit<LeanAddress, 'localAddress' | 'subprotocol'>[]

/** What visitors suffer during a run; shares of 1. */
export type Trouble = Scenario['trouble']
export const noTrouble: Trouble = { reconnectPerMinute: 0, slowReaders: 0 }

export type GeneratorPlan = {
  readonly generator: number
  /** `kf`, `echo`, `relay`, or the file URL of an adapter; `targets/dialects.ts` loads it. */
  readonly dialect: string
  readonly addresses: Addresses
  readonly localAddress: string | undefined
  readonly mode: LoadMode
  /** Open mode: the mean interval between a visitor's messages. */
  readonly intervalMs: number
  readonly seed: number
  /** Number of the run, so that ids of two runs differ. */
  readonly run: number
  readonly site: string
  /** This generator's share: visitors `firstVisitor … firstVisitor + visitors − 1` of the whole run. */
  readonly firstVisitor: number
  readonly visitors: number
  readonly firstAgent: number
  readonly agentTokens: readonly string[]
  /** Agents answer each message. */
  readonly answers: boolean
  readonly ackWithinMs: number
  /** Scripts that visitors walk; empty: one message at each instant. */
  readonly flows: readonly Flow[]
  readonly trouble: Trouble
  /** `hrtime` that the run's clock calls zero, in nanoseconds, and what the wall clock said then. */
  readonly zeroNs: bigint
  readonly zeroWallMs: number
  /** Loopback port of the coordinator's probe; 0: none. */
  readonly probePort: number
}

/** Instants on the run's clock, in milliseconds. */
export type Window = {
  readonly startAt: number
  /** Open mode: visitors begin one after the other within so many ms, so that conversations open at a bounded rate. */
  readonly rampMs: number
  readonly measureFrom: number
  readonly measureTo: number
}

export type ToGenerator =
  | { readonly t: 'plan'; readonly plan: GeneratorPlan }
  | {
      readonly t: 'connect'
      readonly who: 'agents' | 'visitors'
      readonly perSecond: number
      readonly withinMs: number
    }
  | { readonly t: 'start'; readonly window: Window }
  /** Send no more and wait for what is under way. From the answer on, acks change nothing any more. */
  | { readonly t: 'drain'; readonly withinMs: number }
  /** Once all have drained: what was acked by then must be in what is read now. */
  | { readonly t: 'read-back'; readonly withinMs: number }
  /** Another generator's agents have these messages of this one. */
  | { readonly t: 'delivered'; readonly notice: DeliveryNotice }
  | { readonly t: 'report' }
  | { readonly t: 'leave' }

export type FromGenerator =
  | { readonly t: 'ready' }
  | {
      readonly t: 'connected'
      readonly who: 'agents' | 'visitors'
      readonly connected: number
      readonly reasons: readonly Reason[]
    }
  | { readonly t: 'progress'; readonly progress: Progress }
  /** For generator `to`, whose visitors wait for it. */
  | { readonly t: 'delivered'; readonly to: number; readonly notice: DeliveryNotice }
  | { readonly t: 'drained' }
  | { readonly t: 'read' }
  | { readonly t: 'result'; readonly result: GeneratorResult }
  | { readonly t: 'failed'; readonly message: string }

export const progressEveryMs = 500

export type Reason = { readonly reason: string; readonly count: number }

/** Since the last progress, but for the two head counts. */
export type Progress = {
  /** The end of what it covers, on the run's clock: a multiple of `progressEveryMs`, unless the loop was late. */
  readonly at: number
  readonly visitors: number
  readonly agents: number
  readonly sent: number
  readonly acked: number
  readonly errors: number
  readonly reconnects: number
  readonly resumes: number
  readonly latency: HistogramData
  readonly delivered: HistogramData
  readonly lagP99Ms: number | null
  readonly slipP99Ms: number | null
}

/** Messages by number, and when each reached an agent's socket, on the run's clock. */
export type DeliveryNotice = { readonly indexes: readonly number[]; readonly at: readonly number[] }

/** Of one flow, over the whole run. */
export type FlowCount = {
  readonly name: string
  readonly started: number
  readonly finished: number
  /** Ended early by a wait that was too long, or by a message that was given up. */
  readonly failed: number
  /** Under way when the run ended. */
  readonly cutShort: number
}

export type HistogramData = { readonly counts: Uint32Array; readonly sumMs: number }

export type SentLog = {
  readonly count: number
  /** The sender in one conversation: its messages' numbers and their seqs must grow together. */
  readonly who: Uint16Array
  readonly state: Uint8Array
  readonly seq: Uint32Array
  readonly conflictingAcks: number
}

/** Seqs by message number, of messages that `generator` sent and this one received. */
export type ReceivedLog = {
  readonly generator: number
  readonly seq: Uint32Array
  readonly duplicates: number
}

export type GeneratorResult = {
  readonly generator: number
  readonly connectedVisitors: number
  readonly connectedAgents: number
  /** Messages intended within the measured window. */
  readonly sent: number
  readonly acked: number
  readonly errors: number
  /** Acks that arrived within the measured window. */
  readonly ackedInWindow: number
  /** Visitors' connections lost or cut, and those that were ready again later, over the whole run. */
  readonly reconnects: number
  readonly resumes: number
  readonly flows: readonly FlowCount[]
  /** Flows meant to begin, whose visitors were still walking when the run ended. */
  readonly flowsNotBegun: number
  readonly reasons: readonly Reason[]
  readonly latency: HistogramData
  readonly delivered: HistogramData
  readonly slip: HistogramData
  readonly loopLag: HistogramData
  readonly receiveLag: HistogramData
  readonly messages: SentLog
  readonly answers: SentLog
  readonly messagesReceived: readonly ReceivedLog[]
  readonly answersReceived: readonly ReceivedLog[]
  readonly disorder: {
    /** Holes and disorder of seqs, at agents and at visitors. */
    readonly agentsStreams: number
    readonly visitorsStreams: number
  }
  readonly readBack: ReadBack
}

export type ReadBack = {
  readonly asked: number
  readonly complete: number
  /** Seqs by message number, of this generator's visitors' messages as the store has them. */
  readonly seq: Uint32Array
  /** 1 for each of this generator's visitors whose conversation was read to its end. */
  readonly read: Uint8Array
  /** Answers as the store has them. */
  readonly answers: readonly ReceivedLog[]
  readonly duplicates: number
  /** Holes or disorder in what was read. */
  readonly disorder: number
}
