import { KfError } from '../../../core/errors.ts'
import { linkNamed } from '../../topology/links.ts'
import type { LinkControl } from '../../topology/links-control.ts'
import type { TopologyLink } from '../../topology/topology.ts'
import type { LinkState, LinkToxic } from '../../topology/toxiproxy-api.ts'
import { oneOf } from '../../yaml/values.ts'
import type { FaultContext, FaultKind, Injected, UndoHandle } from '../fault.ts'
import { beforeOf, type Seen } from './effect.ts'

/** A fault on a link, before its common part is added. */
export type LinkFault<Params> = Pick<FaultKind<Params>, 'name' | 'describe' | 'params' | 'showsWithinMs'> & {
  readonly toxics: (params: Params) => readonly Omit<LinkToxic, 'name'>[]
  /** Asked once all toxics were read back. */
  readonly seen: (params: Params) => Seen
}

const prefix = 'kf-'
/** Longer than any run: what is held so long is not let through. */
export const holdMs = 24 * 3_600_000

/** One a link, kind and way: the same kind never holds twice on one link. */
export function toxicName(fault: string, stream: LinkToxic['stream']): string {
  return `${prefix}${fault}-${stream}`
}

export type Direction = 'up' | 'down' | 'both'

/** Of the client's: `up` is what it sends, `down` what it gets. */
export const direction = () =>
  oneOf(['both', 'up', 'down']).meta({
    description: 'Which way: `up` is what the client sends, `down` what it gets.',
  })

export function streamsOf(which: Direction): readonly LinkToxic['stream'][] {
  if (which === 'both') return ['upstream', 'downstream']
  return which === 'up' ? ['upstream'] : ['downstream']
}

/** A fault that is toxics on a link: one undo step each before it is added, read back, seen by a connection of its own. */
export function toxicFault<Params>(fault: LinkFault<Params>): FaultKind<Params> {
  return onLink(fault, async (context, { link, control }, params) => {
    const beforeMs = await beforeOf(link, context.clock)
    const toxics = fault
      .toxics(params)
      .map((toxic) => ({ ...toxic, name: toxicName(fault.name, toxic.stream) }))
    const undone = new Map<string, UndoHandle>()
    const heal = async (): Promise<void> => {
      // Together: one after the other, the second way would stay broken while the first is drained.
      const healing = [...undone].map(async ([name, step]) => {
        await control.removeToxic(link.proxy, name)
        await step.done()
        undone.delete(name)
      })
      await Promise.all(healing)
    }
    await orHeal(heal, async () => {
      for (const toxic of toxics) {
        undone.set(toxic.name, await context.undo(removal(context, link, toxic.name)))
        await control.addToxic(link.proxy, toxic)
      }
    })
    const seen = fault.seen(params)
    const verify = async (): Promise<string | undefined> => {
      const state = await control.read(link.proxy)
      if (!toxics.every((toxic) => state.toxics.some((other) => isSame(toxic, other)))) return undefined
      const cover = coverOf(state, toxics)
      if (cover !== undefined) return cover
      return await seen({ link, clock: context.clock, beforeMs })
    }
    return { verify, heal }
  })
}

/** What all faults on links have in common. */
export function onLink<Params>(
  {
    name,
    describe,
    params,
    showsWithinMs,
  }: Pick<LinkFault<Params>, 'name' | 'describe' | 'params' | 'showsWithinMs'>,
  inject: (context: FaultContext, on: OnLink, params: Params) => Promise<Injected>,
): FaultKind<Params> {
  return {
    name,
    describe,
    params,
    showsWithinMs,
    on: 'link',
    needs: ['toxiproxy'],
    momentary: false,
    inject: async (context, on, given) => await inject(context, onLinkNamed(context, on), given),
  }
}

export type OnLink = { readonly link: TopologyLink; readonly control: LinkControl }

/** What was begun is taken back when it cannot be finished; what cannot be taken back either stays in the undo log. */
export async function orHeal(heal: () => Promise<void>, inject: () => Promise<void>): Promise<void> {
  try {
    await inject()
  } catch (error) {
    await heal().catch(() => {})
    throw error
  }
}

export function removal({ topology }: FaultContext, { proxy }: TopologyLink, toxic: string) {
  return { do: 'remove-toxic', api: topology.toxiproxy, proxy, toxic } as const
}

export function isSame(wanted: LinkToxic, there: LinkToxic): boolean {
  return (
    wanted.name === there.name &&
    wanted.type === there.type &&
    wanted.stream === there.stream &&
    // Toxiproxy keeps 32 bits of it.
    Math.abs(wanted.toxicity - there.toxicity) < 1e-6 &&
    Object.entries(wanted.attributes).every(([key, value]) => there.attributes[key] === value)
  )
}

/** Behind a fault that lets nothing through no other can be seen; that one has its own proof. */
export function coverOf(
  { enabled, toxics }: LinkState,
  ours: readonly Pick<LinkToxic, 'name'>[],
): string | undefined {
  if (!enabled) return 'its toxics were read back; the link is down, so that nothing else shows'
  const others = toxics.filter(
    ({ name }) => name.startsWith(prefix) && !ours.some((one) => one.name === name),
  )
  const cover = others.find(isSilent)?.name
  return cover === undefined
    ? undefined
    : `its toxics were read back; ${cover} lets nothing through, so that nothing else shows`
}

function isSilent({ type, toxicity, attributes }: LinkToxic): boolean {
  if (toxicity < 1) return false
  if (type === 'latency') return (attributes['latency'] ?? 0) >= holdMs
  return (type === 'bandwidth' && attributes['rate'] === 0) || type === 'timeout' || type === 'reset_peer'
}

function onLinkNamed({ topology }: FaultContext, on: string): OnLink {
  const link = linkNamed(topology.links, on)
  if (topology.control !== undefined) return { link, control: topology.control }
  throw new KfError('no_links', `no Toxiproxy stands on ${on}, so it cannot be broken`, {
    hint: 'links need Toxiproxy: kf tools install toxiproxy',
    params: { link: on },
  })
}
