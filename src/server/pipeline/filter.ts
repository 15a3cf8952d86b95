import type { Item, Stage } from './stage.ts'

/** Looks at a whole batch of messages; may set a verdict. Rate limits, block lists, sensitive words and plugins are filters. */
export type Filter = (batch: readonly Item[]) => void

/** Runs the filters in order. The verdict travels with the message, so that a retry of something stored still gets its ack. */
export function createFilter(filters: readonly Filter[]): Stage<Item, Item> {
  return (batch) => {
    for (const filter of filters) filter(batch)
    return batch
  }
}

/** What only agents may do, refused for anyone else with a verdict. */
export const rolesFilter: Filter = (batch) => {
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
