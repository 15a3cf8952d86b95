import { messageOf } from './errors.ts'

/** Something that starts in order and stops in reverse. */
export type Part = {
  readonly name: string
  readonly start?: () => Promise<void> | void
  readonly stop?: () => Promise<void> | void
}

/**
 * Starts parts in order; when one fails, stops those already started, in reverse, and rethrows.
 * `stop` is idempotent and bounded: a part that does not stop within `stopWithinMs` is reported and passed over.
 */
export async function startAll(
  parts: readonly Part[],
  options: { readonly stopWithinMs: number; readonly onStopFailure: (part: string, message: string) => void },
): Promise<{ readonly stop: () => Promise<void> }> {
  const started: Part[] = []
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= stopInReverse(started, options)
    return stopping
  }
  for (const part of parts) {
    try {
      await part.start?.()
      started.push(part)
    } catch (error) {
      await stop()
      throw error
    }
  }
  return { stop }
}

async function stopInReverse(
  started: readonly Part[],
  options: { readonly stopWithinMs: number; readonly onStopFailure: (part: string, message: string) => void },
): Promise<void> {
  for (const part of started.toReversed()) {
    const { promise: late, resolve } = Promise.withResolvers<'late'>()
    const timer = setTimeout(() => {
      resolve('late')
    }, options.stopWithinMs)
    try {
      const result = await Promise.race([Promise.resolve(part.stop?.()), late])
      if (result === 'late')
        options.onStopFailure(part.name, `did not stop within ${options.stopWithinMs} ms`)
    } catch (error) {
      options.onStopFailure(part.name, messageOf(error))
    } finally {
      clearTimeout(timer)
    }
  }
}
