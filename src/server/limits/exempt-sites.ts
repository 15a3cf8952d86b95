import type { LimitsConfig } from './config.ts'

/** Whether a site, by its id, is free of limits; and when another configuration came, what was known is to be forgotten. */
export type ExemptSites = ((id: string, config: Pick<LimitsConfig, 'allow'>) => boolean) & {
  readonly forget: () => void
}

/** Sites asked for in one go; ids come from credentials, so there are no more of them than sites. */
const mostKnown = 10_000

/** Remembers: a site is looked up in the store, and asked about for each message. That it is sealed never changes. */
export function createExemptSites(
  site: (id: string) => { readonly key: string; readonly sealed: boolean } | undefined,
): ExemptSites {
  const known = new Map<string, boolean>()
  const isExempt = (id: string, { allow }: Pick<LimitsConfig, 'allow'>): boolean => {
    const before = known.get(id)
    if (before !== undefined) return before
    const found = site(id)
    // Not known yet, or gone: to be asked for again.
    if (found === undefined) return false
    const exempt = found.sealed || allow.sites.includes(found.key)
    if (known.size >= mostKnown) known.clear()
    known.set(id, exempt)
    return exempt
  }
  return Object.assign(isExempt, {
    forget: () => {
      known.clear()
    },
  })
}
