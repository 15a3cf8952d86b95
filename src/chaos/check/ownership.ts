import type { Client } from './client.ts'
import type { Stream } from './places.ts'

/** Who owned each conversation from which seq of its public stream on, as read back. */
export class Ownership {
  readonly #changes = new Map<Stream, { readonly seq: number; readonly owner: string | undefined }[]>()
  readonly #publicOf: (stream: Stream) => Stream | undefined

  constructor(publicOf: (stream: Stream) => Stream | undefined) {
    this.#publicOf = publicOf
  }

  /** In order of seq. */
  change(stream: Stream, seq: number, owner: string | undefined): void {
    const known = this.#changes.get(stream)
    if (known === undefined) this.#changes.set(stream, [{ seq, owner }])
    else known.push({ seq, owner })
  }

  /**
   * Whether the client is an agent that did not own the conversation all through `from` to `to`: then it lets go of what it
   * holds, and begins anew at a later head. Internal seqs say nothing of when, so there any time will do.
   */
  mayHaveLeft(client: Client, stream: Stream, from: number, to: number): boolean {
    if (client.role !== 'agent') return false
    const open = this.#publicOf(stream)
    const changes = open === undefined ? undefined : this.#changes.get(open)
    if (changes === undefined) return true
    const isOther = (owner: string | undefined): boolean => owner === undefined || !client.goesBy(owner)
    if (stream.kind === 'internal') return changes.some(({ owner }) => isOther(owner))
    const before = changes.findLast(({ seq }) => seq < from)
    return (
      isOther(before?.owner) || changes.some(({ seq, owner }) => seq >= from && seq <= to && isOther(owner))
    )
  }
}
