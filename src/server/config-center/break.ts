import type { BreakPoint } from './messages.ts'

/** The revision whose way is cut short: the first one that is applied to a new node, since the start makes revision 1. */
const brokenRevision = 2

/**
 * `KF_BREAK=config:PROCESS:POINT` in a test build: the supervisor, the writer or worker 0 ends itself at that point of the change that
 * makes revision 2. `name`: this process; `end` must not return.
 */
export function configBreak(
  value: string | undefined,
  testBuild: boolean,
  name: string,
  end: () => void,
): (point: BreakPoint, revision: number) => void {
  const [kind, process, wanted] = value?.split(':') ?? []
  if (!testBuild || kind !== 'config' || name !== (process === 'worker' ? 'worker 0' : process))
    return () => undefined
  return (point, revision) => {
    if (point === wanted && revision === brokenRevision) end()
  }
}
