/** What a router may look at when a conversation opens. */
export type RoutingContext = {
  readonly site: string
  readonly visitor: string
  readonly conversation: string
  /** Where the visitor is and what it speaks; looked up only by routers that ask, as a start routes everyone who waits. */
  readonly attributes: () => { readonly pageUrl?: string; readonly locale?: string } | undefined
}

/** The group that should serve, and what decided it. */
export type Match = { readonly group: string; readonly by: string }

/**
 * Decides who should serve a conversation. Called on the desk's hot path: synchronous, and it never throws; whoever
 * composes routers turns a failure into the default group.
 */
export type Router = {
  readonly match: (context: RoutingContext) => Match
  /** Whether the agent belongs to the group. */
  readonly serves: (agent: string, group: string) => boolean
}

export const defaultGroup = 'default'

/** One group, in which every agent of the site serves. */
export const defaultRouter: Router = {
  match: () => everyone,
  serves: () => true,
}

const everyone: Match = { group: defaultGroup, by: 'default' }
