import { createFilter, type Filter, rolesFilter } from './filter.ts'
import { parse } from './parse.ts'
import { createPersist, type PersistPorts } from './persist.ts'
import { route } from './route.ts'
import type { Durable, Item, Origin, Received } from './stage.ts'

export type Pipeline = {
  /** Takes a frame's text; it is worked on with whatever else comes in this turn of the loop. */
  readonly receive: (origin: Origin, text: string) => void
  /** Takes a frame that was decoded already (REST). */
  readonly submit: (origin: Origin, frame: Durable) => void
  /** Works on what was received and not worked on yet. */
  readonly run: () => void
}

export type PipelinePorts = PersistPorts & {
  readonly filters: readonly Filter[]
  /** Monotonic milliseconds. */
  readonly monotonic: () => number
}

const runAtFrames = 64
const runAfterMs = 1

/** The four stages in a row, over batches. */
export function createPipeline(ports: PipelinePorts): Pipeline {
  const filter = createFilter([rolesFilter, ...ports.filters])
  const persist = createPersist(ports)
  let ingress: Received[] = []
  let firstAt = 0
  let scheduled = false

  const through = (items: readonly Item[]): void => {
    if (items.length > 0) persist(route(filter(items)))
  }

  const run = (): void => {
    const batch = ingress
    if (batch.length === 0) return
    ingress = []
    through(parse(batch))
  }

  return {
    receive: (origin, text) => {
      if (ingress.length === 0) firstAt = ports.monotonic()
      ingress.push({ origin, text })
      // NOTE: with thousands of sockets ready, libuv may serve them for a second before setImmediate: hence size and age.
      if (ingress.length >= runAtFrames || ports.monotonic() - firstAt >= runAfterMs) {
        run()
      } else if (!scheduled) {
        scheduled = true
        setImmediate(() => {
          scheduled = false
          run()
        })
      }
    },
    submit: (origin, frame) => {
      run()
      through([{ origin, frame, verdict: undefined, request: undefined }])
    },
    run,
  }
}
