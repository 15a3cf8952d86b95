import type { Item } from './stage.ts'

/**
 * Looks at a whole batch of messages; may set a verdict. Rate limits, block lists, sensitive words and plugins are filters.
 * One that has to wait answers a promise; then a lane's next messages wait until it has settled.
 */
export type Filter = (batch: readonly Item[]) => void | Promise<void>

/**
 * Runs the filters in order, at once as long as they answer at once. The verdict travels with the message, so that a retry of
 * something stored still gets its ack.
 */
export function createFilter(filters: readonly Filter[]): Filter {
  return (batch) => {
    for (const [place, filter] of filters.entries()) {
      const slow = filter(batch)
      if (slow !== undefined) return slow.then(() => runAfter(filters.slice(place + 1), batch))
    }
    return undefined
  }
}

async function runAfter(filters: readonly Filter[], batch: readonly Item[]): Promise<void> {
  for (const filter of filters) await filter(batch)
}

/** What only agents may do, refused for anyone else with a verdict. */
export function rolesFilter(batch: readonly Item[]): void {
  for (const item of batch) {
    const { frame, origin } = item
    if (origin.caller.role === 'agent') {
      if (frame.type === 'send' && frame.stream !== 'internal' && frame.epoch === undefined) {
        item.verdict ??= { code: 'bad_frame', message: 'epoch: required of agents on the public stream' }
      }
      continue
    }
    if (frame.type !== 'send') {
      item.verdict ??= { code: 'forbidden', message: `${frame.type}: only agents may` }
    } else if (frame.stream === 'internal') {
      item.verdict ??= { code: 'forbidden', message: 'stream: visitors write to the public stream only' }
    } else if (frame.epoch !== undefined) {
      item.verdict ??= { code: 'bad_frame', message: 'epoch: only agents send under an epoch' }
    }
  }
}
