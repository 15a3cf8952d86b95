/**
 * Every metric of kf by its full name. docs/metrics.md lists the same, and a test compares the two; whatever is exposed and not
 * named here is a defect that the end-to-end test finds.
 */
export const families = {
  kf_stage_in_total: { type: 'counter', help: 'messages and commands that a stage took' },
  kf_stage_out_total: { type: 'counter', help: 'of those, how many went on' },
  kf_stage_refused_total: { type: 'counter', help: 'of those, how many went no further, by reason' },
  kf_stage_seconds: { type: 'histogram', help: 'seconds of work on one batch' },
  kf_stage_wait_seconds: { type: 'histogram', help: 'seconds that one message waited for a stage' },
  kf_stage_queue: { type: 'gauge', help: 'how many wait for a stage now' },
  kf_stage_queue_limit: { type: 'gauge', help: 'how many may' },
  kf_limit_refused_total: { type: 'counter', help: 'what a limit refused, by limit' },
  kf_limit_keys: { type: 'gauge', help: 'visitors, addresses and the like that a limit remembers' },
  kf_limit_disconnected_total: {
    type: 'counter',
    help: 'connections closed with 4429: they did not wait as they were told',
  },
  kf_commit_operations: { type: 'histogram', help: 'operations in one transaction' },
  kf_sync_seconds: { type: 'histogram', help: 'seconds of one COMMIT, which ends with the sync' },
  kf_loop_lag_seconds: { type: 'gauge', help: 'how late the event loop was in the last second, by quantile' },
  kf_loop_busy_ratio: {
    type: 'gauge',
    help: 'share of the last second in which the event loop was not idle',
  },
  kf_supervisor_ready: { type: 'gauge', help: '1 while /readyz answers 200' },
  kf_supervisor_restarts_total: { type: 'counter', help: 'children that died and were replaced' },
  kf_supervisor_rss_bytes: { type: 'gauge', help: 'resident memory' },
  kf_supervisor_cpu_seconds_total: { type: 'counter', help: 'processor time, user and system' },
  kf_supervisor_uptime_seconds: { type: 'gauge', help: 'since the supervisor started' },
  kf_writer_rss_bytes: { type: 'gauge', help: 'resident memory' },
  kf_writer_cpu_seconds_total: { type: 'counter', help: 'processor time, user and system' },
  kf_writer_position: { type: 'gauge', help: "the last message's place in the store's log" },
  kf_writer_commits_total: { type: 'counter', help: 'transactions' },
  kf_writer_operations_total: { type: 'counter', help: 'operations in all transactions' },
  kf_writer_commit_waiting: { type: 'gauge', help: 'operations that wait for the next transaction' },
  kf_writer_present: { type: 'gauge', help: 'visitors and agents who are there' },
  kf_writer_config_revision: { type: 'gauge', help: 'revision of the configuration in effect' },
  kf_worker_rss_bytes: { type: 'gauge', help: 'resident memory' },
  kf_worker_cpu_seconds_total: { type: 'counter', help: 'processor time, user and system' },
  kf_worker_config_revision: { type: 'gauge', help: 'revision of the configuration in effect' },
  kf_worker_sessions: { type: 'gauge', help: 'live sessions, of visitors and agents' },
  kf_worker_agent_sessions: { type: 'gauge', help: 'live sessions of agents' },
  kf_worker_persist_pending: { type: 'gauge', help: 'requests that the writer has not answered' },
  kf_worker_shedding: { type: 'gauge', help: '1 while new messages are refused early' },
} as const satisfies Record<
  string,
  { readonly type: 'counter' | 'gauge' | 'histogram'; readonly help: string }
>

export type FamilyName = keyof typeof families

export function isFamily(name: string): name is FamilyName {
  return Object.hasOwn(families, name)
}
