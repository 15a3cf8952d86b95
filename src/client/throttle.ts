import type { Clock } from '../core/clock.ts'

/** Calls `task` at most once every `everyMs`: the first at once, of those in between only the last, when the time is over. */
export function throttle<Value>(
  clock: Clock,
  everyMs: number,
  task: (value: Value) => void,
): ((value: Value) => void) & { readonly cancel: () => void } {
  let latest: { readonly value: Value } | undefined
  let cancel: (() => void) | undefined
  const rest = (): void => {
    cancel = clock.after(everyMs, () => {
      cancel = undefined
      if (latest === undefined) return
      task(latest.value)
      latest = undefined
      rest()
    })
  }
  const call = (value: Value): void => {
    if (cancel !== undefined) {
      latest = { value }
      return
    }
    task(value)
    rest()
  }
  return Object.assign(call, {
    cancel: () => {
      latest = undefined
      cancel?.()
      cancel = undefined
    },
  })
}
