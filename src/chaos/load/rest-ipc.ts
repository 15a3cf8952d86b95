import type { HistogramData, Reason } from './ipc.ts'

/** What the coordinator tells the process that makes REST requests, and hears from it. */

export type RestRequests = {
  readonly name: string
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly connections: number
  /** Requests per second over all connections. */
  readonly rate: number
}

export type ToRest =
  /** Carries all of them out at once for so long. */
  | { readonly t: 'run'; readonly requests: readonly RestRequests[]; readonly durationMs: number }
  | {
      readonly t: 'stop'
    }

export type FromRest =
  | { readonly t: 'ready' }
  | { readonly t: 'ran'; readonly counts: readonly RestCounts[]; readonly lagP99Ms: number }
  | { readonly t: 'failed'; readonly message: string }

export type RestCounts = {
  readonly name: string
  /** Requests that were to be made. */
  readonly intended: number
  /** Answers of 2xx; the histogram has these alone. */
  readonly succeeded: number
  /** Other answers, and requests that got none. */
  readonly failed: number
  readonly latency: HistogramData
  readonly reasons: readonly Reason[]
  /** That the requests were to take, or did where that is longer. */
  readonly seconds: number
  readonly stopped: boolean
}
