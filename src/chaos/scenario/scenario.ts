/**
 * A load scenario after its schema: every default filled in, every time in milliseconds. `scenarios/*.yml` holds the
 * shipped ones; `load.ts` reads one, the generators run its flows, and the k6 script is written from it.
 */
export type Scenario = {
  readonly version: 1
  /** The file's name without its ending; names the report. */
  readonly name: string
  readonly title: string
  readonly mode: 'open' | 'closed'
  /** One row of the table each. */
  readonly concurrency: readonly number[]
  /** Open mode: flows that each visitor starts per second, on average. */
  readonly rate: number
  readonly ramp: Ramp
  readonly warmupMs: number
  readonly durationMs: number
  readonly seed: number
  readonly agents: {
    readonly perVisitors: number
    /** Agents answer each message. */
    readonly answer: boolean
  }
  /** What visitors suffer meanwhile; all shares of 1. */
  readonly trouble: {
    /** Of the visitors, cut off and back (with resume) each minute. */
    readonly reconnectPerMinute: number
    /** Of the visitors, reading nothing for long stretches. */
    readonly slowReaders: number
  }
  readonly flows: readonly Flow[]
  /** Requests to the REST API beside the sockets, carried out by autocannon. */
  readonly rest: readonly RestStep[]
  readonly thresholds: readonly ScenarioThreshold[]
}

/** What screens and reports say of a scenario. */
export type ScenarioBrief = Pick<Scenario, 'name' | 'title'> & {
  readonly flows: readonly Pick<Flow, 'name' | 'weight'>[]
}

/** From nothing to all visitors: connections per second, and how long sending takes to reach its rate. */
export type Ramp = { readonly connectPerSecond: number; readonly overMs: number }

/** What a visitor does from start to end; chosen by weight each time one starts. */
export type Flow = { readonly name: string; readonly weight: number; readonly steps: readonly Step[] }

export type Step =
  /** One message; its ack is what response time measures. */
  | { readonly do: 'send'; readonly text: TextSource }
  /** Wait for the ack of the last send, or for an agent's message; later than `withinMs` is an error of the flow. */
  | { readonly do: 'expect'; readonly what: 'ack' | 'answer'; readonly withinMs: number }
  /** Wait until the last send has reached an agent's socket. */
  | { readonly do: 'deliver'; readonly withinMs: number }
  /** A pause, exponentially spread around `meanMs`, or exactly it. */
  | { readonly do: 'think'; readonly meanMs: number; readonly spread: 'exponential' | 'fixed' }

/** Real utterances of the house's lists, or words of the scenario's own. */
export type TextSource =
  | { readonly from: 'list'; readonly list: 'mixed' | 'en' | 'zh' }
  | { readonly from: 'given'; readonly texts: readonly string[] }

export type RestStep = {
  readonly name: string
  readonly method: 'GET' | 'POST'
  /** Below the public URL, such as `/api/v1/conversations`. */
  readonly path: string
  /** Whose credential goes along; undefined: nobody's. A visitor has one conversation, `{conversation}` in the path. */
  readonly as?: 'nobody' | 'visitor' | 'agent' | undefined
  readonly body: string | undefined
  readonly connections: number
  /** Requests per second over all connections. */
  readonly rate: number
}

export type ScenarioThreshold = {
  readonly metric:
    | 'avg_ms'
    | 'p50_ms'
    | 'p95_ms'
    | 'p99_ms'
    | 'p999_ms'
    | 'delivered_p99_ms'
    | 'error_rate'
    | 'messages_per_s'
    | 'server_rss_growth'
  readonly op: '<=' | '>='
  readonly value: number
}
