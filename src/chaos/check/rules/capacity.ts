import type { OwnerEvent } from '../history.ts'
import type { At } from '../ledger.ts'
import type { Stream } from '../places.ts'
import { Findings, type MakeRule } from '../rule.ts'

/**
 * No assignment takes an agent above the capacity of the agent version it names: by what the assignment says of load and
 * capacity; by what administrators said that capacity is; and, whatever it says, by conversations that the agent must have
 * owned at the same time. Who has too many because the capacity was lowered breaks nothing.
 */
export const capacity: MakeRule = ({ messages }) => {
  const found = new Findings()
  const agents = new Map<string, Agent>()
  const spans = new Map<Stream, Span>()
  let checked = 0
  let silent = 0
  const agent = (name: string): Agent => {
    const known = agents.get(name)
    if (known !== undefined) return known
    const made: Agent = { told: new Map(), largest: 0, spans: [] }
    agents.set(name, made)
    return made
  }

  return {
    invariant: 'capacity',
    desk: (entry, at) => {
      const { told } = agent(entry.agent)
      told.set(entry.version, { capacity: entry.capacity, line: at.line })
      agent(entry.agent).largest = Math.max(agent(entry.agent).largest, entry.capacity)
    },
    read: (entry, at) => {
      if (entry.stream !== 'public' || !at.firstRead) return
      const { event } = entry
      let span = spans.get(at.stream)
      if (span === undefined) {
        span = { owner: undefined, from: 0, sent: 0 }
        spans.set(at.stream, span)
      }
      // What stood in the hole may have ended it.
      if (at.gap) span.owner = undefined
      span.sent = Math.max(span.sent, messages.invokeLine[at.message] ?? 0)
      if (event === undefined || event.kind === 'retracted') return
      end(span, span.sent)
      const { owner } = event
      if (owner === undefined || event.kind === 'released' || event.kind === 'closed') return
      span.owner = owner
      span.from = at.occupantLine
      assigned(owner, event, at)
    },
    readEnd: (entry, at) => {
      const span = spans.get(at.stream)
      if (span === undefined) return
      if (at.pass?.seq !== entry.head) span.owner = undefined
      end(span, at.line)
    },
    judge: () => {
      for (const [name, { spans: owned, largest }] of agents) together(name, owned, largest)
      return {
        checked,
        found,
        doubts: [
          ...(checked === 0 ? ['no assignment that says load and capacity was read back'] : []),
          ...(silent === 0 ? [] : [`${silent} assignments say neither load nor capacity`]),
        ],
      }
    },
  }

  function assigned(owner: string, event: OwnerEvent, at: At): void {
    const { load, capacity: stated, agentVersion } = event
    if (load === undefined || stated === undefined) {
      silent += 1
      return
    }
    checked += 1
    const known = agent(owner)
    const told = agentVersion === undefined ? undefined : known.told.get(agentVersion)
    const isTold = told === undefined ? isOneOf(known, stated) : told.capacity === stated
    known.largest = Math.max(known.largest, told?.capacity ?? stated)
    const bound = told?.capacity ?? stated
    const version = agentVersion === undefined ? '' : ` of version ${agentVersion}`
    if (load > bound) {
      found.add(
        () =>
          `${String(at.stream)} seq ${at.seq}: ${owner} is given a conversation too many, load ${load} over capacity ${bound}${version}`,
        told?.line ?? 0,
        at.line,
      )
    } else if (!isTold) {
      found.add(
        () =>
          `${String(at.stream)} seq ${at.seq}: ${owner} is said to have capacity ${stated}${version}, which nobody set`,
        told?.line ?? 0,
        at.line,
      )
    }
  }

  /** It was owned from the first line that says so until `line` at least: what was sent then stands before its end. */
  function end(span: Span, line: number): void {
    if (span.owner !== undefined && line > span.from)
      agent(span.owner).spans.push({ from: span.from, to: line })
    span.owner = undefined
  }

  function together(name: string, owned: readonly Owned[], largest: number): void {
    if (largest === 0) return
    const starts = owned.toSorted((a, b) => a.from - b.from)
    let open: Owned[] = []
    for (const start of starts) {
      open = open.filter((other) => other.to > start.from)
      open.push(start)
      if (open.length <= largest) continue
      const at = [...open]
      found.add(
        () => `${name} owns ${at.length} conversations at once, and never had a capacity above ${largest}`,
        ...at.map(({ from }) => from),
      )
    }
  }
}

type Agent = {
  /** By version: what administrators said. */
  readonly told: Map<number, { readonly capacity: number; readonly line: number }>
  largest: number
  readonly spans: Owned[]
}
type Owned = { readonly from: number; readonly to: number }
type Span = {
  owner: string | undefined
  from: number
  /** The last line on which something was sent that stands in the stream up to here. */
  sent: number
}

/** Versions that nobody told of (a new password makes one, too) have a capacity that somebody did tell of. */
function isOneOf({ told }: Agent, capacity: number): boolean {
  return told.size === 0 || [...told.values()].some((one) => one.capacity === capacity)
}
