import { childrenOf, commandLineOf, processFacts } from '../fault/proc.ts'

export type NodeProcesses = {
  readonly supervisor: number
  readonly writer?: number
  /** By number. */
  readonly workers: ReadonlyMap<number, number>
}

/** Whose process it is, which changes: a child that died is replaced by one with another pid. */
export type NodeRoles = { readonly now: () => NodeProcesses | undefined }

/**
 * Looks in /proc what runs below `supervisor`: roles are told apart by their script. A worker's replacement gets the number that
 * became free; which of two that died together is which, nobody can tell.
 */
export function nodeRoles(supervisor: number): NodeRoles {
  let numbers = new Map<number, number>()
  return {
    now: () => {
      if (processFacts(supervisor) === undefined) return undefined
      const children = childrenOf(supervisor).filter((pid) => processFacts(pid) !== undefined)
      const running = (script: RegExp): readonly number[] =>
        children.filter((pid) => script.test(commandLineOf(pid)))
      const workers = running(/[/\\]worker\.[jt]s\0/).toSorted((a, b) => a - b)
      const next = new Map([...numbers].filter(([, pid]) => workers.includes(pid)))
      for (const pid of workers) {
        if ([...next.values()].includes(pid)) continue
        let free = 0
        while (next.has(free)) free++
        next.set(free, pid)
      }
      numbers = next
      const [writer] = running(/[/\\]writer\.[jt]s\0/)
      return { supervisor, ...(writer === undefined ? {} : { writer }), workers: next }
    },
  }
}
