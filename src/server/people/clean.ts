import { KfError } from '../../core/errors.ts'
import { uuidv7 } from '../../core/ids.ts'
import type { ConversationRecord, Fence, Operation, Outcome, SiteRecord } from '../storage/store.ts'
import { findBench } from './bench.ts'
import type { CleanResult } from './calls.ts'
import type { PeopleDeps, PeopleStore } from './deps.ts'

/** How long one call works before it answers and is asked again: well below what any caller waits. */
const workMs = 2_000
/** Conversations closed, agents disabled, rows erased with one commit: some milliseconds of the writer each. */
const closeAtOnce = 100
const eraseAtOnce = 200

/**
 * Removes the sealed bench site, a part with each call: nothing new is stored for it from the first call on, its conversations
 * are closed (so the desk lets go of them), its agents disabled (so their sockets end), then everything is erased in slices
 * with pauses between. It finds the site by itself: no other one can be named.
 */
export async function cleanBench(store: PeopleStore, deps: PeopleDeps): Promise<CleanResult> {
  const site = findBench(store)
  if (site === undefined) return { site: null, closed: 0, removed: 0, done: true }
  const until = deps.now() + workMs
  await eraseSlice(store, site, 0)
  const { closed, all } = await closeOpen(store, deps, site, until)
  if (!all) return { site: site.id, closed, removed: 0, done: false }
  await disableAgents(store, deps, site)
  let removed = 0
  for (let done = false; !done; ) {
    const slice = await eraseSlice(store, site, eraseAtOnce)
    removed += slice.removed
    done = slice.done
    if (!done && deps.now() >= until) return { site: site.id, closed, removed, done: false }
    if (!done) await deps.pause()
  }
  return { site: site.id, closed, removed, done: true }
}

/** Closes what is open, until a whole look around finds nothing any more or the time is over. */
async function closeOpen(
  store: PeopleStore,
  deps: PeopleDeps,
  site: SiteRecord,
  until: number,
): Promise<{ readonly closed: number; readonly all: boolean }> {
  let closed = 0
  for (let open = 1; open > 0; ) {
    open = 0
    for (const list of openOf(store, site)) {
      open += list.length
      for (let from = 0; from < list.length; from += closeAtOnce) {
        if (deps.now() >= until) return { closed, all: false }
        const part = list.slice(from, from + closeAtOnce)
        const outcomes = await store.commit(part.map((record) => closing(record, deps)))
        closed += outcomes.filter(({ status }) => status === 'stored').length
        await deps.pause()
      }
    }
  }
  return { closed, all: true }
}

// One agent after the other, read when its turn comes: all at once would hold the writer up. Then who waits.
function* openOf(store: PeopleStore, site: SiteRecord): Generator<readonly ConversationRecord[]> {
  for (const agent of store.directory.agents(site.id)) yield store.conversationsOfAgent(agent.id)
  yield store.queued(site.id)
}

// Refused where the desk was faster (the epoch has grown): it is looked at again then.
function closing({ id, epoch }: ConversationRecord, deps: PeopleDeps): Fence {
  return {
    kind: 'fence',
    id: uuidv7(deps.now(), deps.random),
    conversation: id,
    epoch,
    by: { role: 'system', id: 'bench' },
    change: { to: 'closed', reason: 'idle' },
  }
}

async function disableAgents(store: PeopleStore, deps: PeopleDeps, site: SiteRecord): Promise<void> {
  const active = store.directory.agents(site.id).filter((agent) => !agent.disabled)
  for (let from = 0; from < active.length; from += closeAtOnce) {
    await store.commit(
      active.slice(from, from + closeAtOnce).map(
        ({ version: _version, ...agent }): Operation => ({
          kind: 'put_agent',
          agent: { ...agent, disabled: true },
        }),
      ),
    )
    await deps.pause()
  }
}

async function eraseSlice(
  store: PeopleStore,
  site: SiteRecord,
  limit: number,
): Promise<Extract<Outcome, { readonly status: 'erased' }>> {
  const [outcome] = await store.commit([{ kind: 'erase', site: site.id, limit }])
  if (outcome?.status === 'erased') return outcome
  const why = outcome?.status === 'rejected' ? outcome.message : 'the store gave no answer'
  throw new KfError('internal', `the site ${site.name} could not be erased: ${why}`)
}
