import type { Clock } from '../../core/clock.ts'
import { KfError } from '../../core/errors.ts'

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(Math.max(0, ms), resolve)
  })
}

/** Asks every `everyMs` until it is so, or `ms` are over: then false. */
export async function until(
  clock: Clock,
  ms: number,
  everyMs: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const end = clock.monotonic() + ms
  for (;;) {
    if (await isSo()) return true
    const left = end - clock.monotonic()
    if (left <= 0) return false
    await pause(clock, Math.min(everyMs, left))
  }
}

/** `promise`, or `late` with what did not end when `ms` are over. */
export async function within<T>(clock: Clock, ms: number, what: string, promise: Promise<T>): Promise<T> {
  let cancel: () => void = () => {}
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(ms, () => {
      reject(new KfError('late', `${what} did not end within ${ms} ms`))
    })
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    cancel()
  }
}
