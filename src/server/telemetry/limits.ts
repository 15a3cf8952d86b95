/** The limits of ratelimit.toml, by table and key; docs/metrics.md lists them. */
export const limitNames = [
  'visitor.messages',
  'visitor.controls',
  'address.connections',
  'address.new_visitors',
  'address.posts',
  'address.messages',
  'site.messages',
  'agent.messages',
  'agent.commands',
  'agent.controls',
  'login.per_login',
  'login.per_address',
] as const
export type LimitName = (typeof limitNames)[number]

/** What one worker counts of its limits. */
export type LimitsReport = {
  readonly refused: { readonly [Name in LimitName]: number }
  /** Keys remembered now. */
  readonly keys: { readonly [Name in LimitName]: number }
  /** Connections closed for messages that came too early, again and again. */
  readonly disconnected: number
}
