import type { RowContext } from './row-plan.ts'
import { type Sample, usageBetween } from './sampling.ts'
import type { StageWatch } from './stage-watch.ts'

/** Waits in slices, so that an interruption or the target's death ends the wait. */
export async function pause(ms: number, stopped: () => boolean): Promise<void> {
  const until = performance.now() + ms
  while (!stopped()) {
    const left = until - performance.now()
    if (left <= 0) return
    await new Promise((resolve) => setTimeout(resolve, Math.min(left, 100)))
  }
}

/** The same, and tells the watcher about once a second what was used and what waits. */
export async function pauseAndWatch(
  ms: number,
  stopped: () => boolean,
  sample: () => Sample,
  stages: StageWatch,
  context: Pick<RowContext, 'coreCount' | 'watcher'>,
): Promise<void> {
  const until = performance.now() + ms
  let last = sample()
  while (!stopped() && performance.now() < until) {
    await pause(Math.min(1000, until - performance.now()), stopped)
    const next = sample()
    context.watcher.usage(usageBetween(last, next, context.coreCount), next.serverRss, stages.poll())
    last = next
  }
}
