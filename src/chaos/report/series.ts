/**
 * A row over time, for plots: `raw/<concurrency>-<target>-series.json` holds one, `<target>` being `target`, `echo` or
 * `relay`. Times are seconds on the row's clock, which calls the first send's second 0.
 */
export type Series = {
  /** The measured window, in seconds; what lies before it is warm-up, what lies behind it the wait for late acks. */
  readonly measured_from_s: number
  readonly measured_to_s: number
  /** Ascending and without holes; one that no generator reported on counts nothing and knows no latency. */
  readonly seconds: readonly SeriesSecond[]
}

/**
 * What happened in one second, over all generators. A message counts where it happened: as sent when it was handed to the
 * socket, as acked (with its latency) when its ack came, as an error when it was given up. So a stall of three seconds shows
 * as three seconds without acks and then one with latencies of up to three seconds. What was not measured is null.
 */
export type SeriesSecond = {
  readonly second: number
  readonly sent: number
  readonly acked: number
  readonly errors: number
  /** Response time of the acks that came in this second, warm-up included. */
  readonly avg_ms: number | null
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly p99_ms: number | null
  readonly max_ms: number | null
  readonly delivered_p99_ms: number | null
  /** Visitors' open and greeted sockets at the end of the second. */
  readonly connected: number
  /** Connections lost or cut and asked for again; and those of them that were greeted and had read what they missed. */
  readonly reconnects: number
  readonly resumes: number
  /** Worst of the generators: lateness of their loops and of their sends. */
  readonly lag_p99_ms: number | null
  readonly slip_p99_ms: number | null
  /** Resident memory of all the server's processes, in the measured window and where they run here. */
  readonly server_rss_bytes?: number
}
