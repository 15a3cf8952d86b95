import type { Snapshot } from './snapshot.ts'

/** The live values of one process. Whoever needs one reads it here when it is needed, or subscribes; nobody keeps a copy. */
export type SnapshotContainer = {
  readonly current: () => Snapshot
  /** Puts the next snapshot in the place of the last one, then tells those whose values differ. Returns when all were told. */
  readonly swap: (next: Snapshot) => void
  /**
   * `changed` is called after each swap that changes what `select` picks out (compared by content). Returns the end of it.
   * It rebuilds beside the old and swaps; what is under way ends on the old.
   */
  readonly subscribe: <Value>(
    select: (snapshot: Snapshot) => Value,
    changed: (next: Value, last: Value) => void,
  ) => () => void
}

/**
 * `onFailure`: a subscriber threw. The others are told all the same, so that one of them cannot leave a process half
 * changed.
 */
export function createSnapshotContainer(
  first: Snapshot,
  onFailure: (error: unknown) => void,
): SnapshotContainer {
  let live = first
  const told = new Set<(last: Snapshot) => void>()
  return {
    current: () => live,
    swap: (next) => {
      const last = live
      live = next
      for (const tell of told) {
        try {
          tell(last)
        } catch (error) {
          onFailure(error)
        }
      }
    },
    subscribe: (select, changed) => {
      const tell = (last: Snapshot): void => {
        const [before, now] = [select(last), select(live)]
        if (JSON.stringify(before) !== JSON.stringify(now)) changed(now, before)
      }
      told.add(tell)
      return () => {
        told.delete(tell)
      }
    },
  }
}
