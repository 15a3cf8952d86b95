import type { OwnerEvent, Read } from '../history.ts'
import type { At } from '../ledger.ts'
import { flag } from '../messages.ts'
import type { Ownership } from '../ownership.ts'
import type { Stream } from '../places.ts'
import { Findings, type MakeRule } from '../rule.ts'

/**
 * Replays the desk's events in the order of the public stream, as first read back: each change of owner raises the epoch by
 * one, nobody is given what another owns, and what comes from an agent comes from the owner, under the epoch of that place.
 */
export const oneOwner =
  (ownership: Ownership): MakeRule =>
  ({ messages }) => {
    const found = new Findings()
    const states = new Map<Stream, State>()
    let checked = 0

    return {
      invariant: 'one_owner',
      read: (entry, at) => {
        if (entry.stream !== 'public' || !at.firstRead) return
        let state = states.get(at.stream)
        if (state === undefined) {
          state = { epoch: 0, owner: undefined, closed: false, known: true, line: 0 }
          states.set(at.stream, state)
        }
        // What stood in a hole may have changed the owner.
        if (at.gap) state.known = false
        const { event } = entry
        if (event !== undefined && event.kind !== 'retracted') change(entry, event, state, at)
        else if (entry.role === 'agent') fromAgent(entry, state, at)
      },
      judge: () => ({
        checked,
        found,
        doubts: checked === 0 ? ['no change of owner and nothing of an agent was read back'] : [],
      }),
    }

    function change(entry: Read, event: OwnerEvent, state: State, at: At): void {
      checked += 1
      if (state.known) judgeChange(entry, event, state, at)
      state.epoch = event.epoch ?? state.epoch + 1
      state.owner = event.kind === 'assigned' || event.kind === 'transferred' ? event.owner : undefined
      state.closed = event.kind === 'closed'
      state.known = true
      state.line = at.line
      ownership.change(at.stream, at.seq, state.owner)
    }

    function judgeChange(entry: Read, event: OwnerEvent, state: State, at: At): void {
      const { epoch, owner, closed, line } = state
      const now = event.epoch ?? epoch + 1
      const to = event.owner === undefined ? '' : ` to ${event.owner}`
      const where = `${String(at.stream)} seq ${at.seq}: ${event.kind}${to} in epoch ${now}`
      const complaint =
        now <= epoch
          ? `after epoch ${epoch}${owner === undefined ? '' : `, which ${owner} owned`}`
          : now > epoch + 1
            ? `right after epoch ${epoch}`
            : closed
              ? 'after it was closed'
              : event.kind === 'assigned' && owner !== undefined
                ? `while ${owner} owns it`
                : event.kind !== 'assigned' && event.kind !== 'closed' && owner === undefined
                  ? 'while nobody owns it'
                  : entry.role === 'agent' && event.kind !== 'assigned' && owner !== entry.from
                    ? `by ${entry.from}, and ${owner ?? 'nobody'} owns it`
                    : undefined
      if (complaint !== undefined) found.add(() => `${where}, ${complaint}`, line, at.line)
      // A command names the epoch before its own event.
      else judgeEpoch(entry, epoch, state, at)
    }

    function fromAgent(entry: Read, state: State, at: At): void {
      if (!state.known) return
      checked += 1
      if (state.owner === entry.from) {
        judgeEpoch(entry, state.epoch, state, at)
        return
      }
      found.add(
        () =>
          `${String(at.stream)} seq ${at.seq}: ${entry.id} of ${entry.from} was accepted in epoch ${state.epoch}, which ${state.owner ?? 'nobody'} owns`,
        state.line,
        messages.invokeLine[at.message] ?? 0,
        at.line,
      )
    }

    function judgeEpoch(entry: Read, epoch: number, state: State, at: At): void {
      const named = messages.epoch[at.message] ?? -1
      if (named < 0 || named === epoch) return
      const what = messages.has(at.message, flag.command) ? 'command' : 'message'
      found.add(
        () =>
          `${String(at.stream)} seq ${at.seq}: the ${what} ${entry.id} of ${entry.from} names epoch ${named} and was accepted in epoch ${epoch}`,
        state.line,
        messages.invokeLine[at.message] ?? 0,
        at.line,
      )
    }
  }

type State = {
  epoch: number
  owner: string | undefined
  closed: boolean
  /** False behind a hole, until the next change of owner. */
  known: boolean
  /** Of the last change of owner. */
  line: number
}
