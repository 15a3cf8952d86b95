export type Throttled<T> = {
  readonly push: (value: T) => void
  /** Drops what waits. */
  readonly cancel: () => void
}

/** Runs at most once per `everyMs`: the first value at once, of the others the newest when its turn comes. */
export function throttleLatest<T>(
  everyMs: number,
  clock: {
    readonly monotonic: () => number
    readonly after: (delayMs: number, task: () => void) => () => void
  },
  run: (value: T) => void,
): Throttled<T> {
  let lastRun = Number.NEGATIVE_INFINITY
  let takeBack: (() => void) | undefined
  const fire = (value: T): void => {
    takeBack = undefined
    lastRun = clock.monotonic()
    run(value)
  }
  const cancel = (): void => {
    takeBack?.()
    takeBack = undefined
  }
  return {
    push: (value) => {
      cancel()
      const wait = lastRun + everyMs - clock.monotonic()
      if (wait <= 0) fire(value)
      else {
        takeBack = clock.after(wait, () => {
          fire(value)
        })
      }
    },
    cancel,
  }
}

/** What of a draft a preview shows: at most `chars` UTF-16 units, never half a character. */
export function previewOf(text: string, chars: number): string {
  if (text.length <= chars) return text
  const cut = text.slice(0, chars)
  return cut.isWellFormed() ? cut : cut.slice(0, -1)
}
