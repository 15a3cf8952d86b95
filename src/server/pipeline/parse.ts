import { decodeClientFrame } from '../../protocol/decode.ts'
import type { MessageLimits } from '../limits/filter.ts'
import type { StageMetrics } from '../telemetry/stages.ts'
import type { Item, Received, Stage } from './stage.ts'

export type ParsePorts = {
  readonly metrics: { readonly parse: StageMetrics; readonly control: StageMetrics }
  readonly limits?: Pick<MessageLimits, 'control'> | undefined
  readonly monotonic: () => number
}

/**
 * Decodes and validates once, strictly. Control frames and bad ones are answered here, in their place; messages and commands
 * go on. What control frames cost counts as theirs.
 */
export function createParse({
  limits,
  metrics: { parse, control },
  monotonic,
}: ParsePorts): Stage<Received, Item> {
  return (batch) => {
    const began = monotonic()
    let controlMs = 0
    const items: Item[] = []
    for (const { origin, text } of batch) {
      const decoded = decodeClientFrame(text)
      if (!decoded.ok) {
        parse.refused.invalid++
        origin.invalid(decoded.code, decoded.message, decoded.id)
        continue
      }
      const frame = decoded.frame
      switch (frame.type) {
        case 'send':
        case 'accept':
        case 'transfer':
        case 'release':
        case 'close':
        case 'retract':
          items.push(itemOf(origin, frame))
          break
        default: {
          const controlBegan = monotonic()
          const waitMs = limits?.control(origin) ?? 0
          if (waitMs === 0) {
            origin.control(frame)
            control.out++
          } else {
            origin.limited?.(frame.type, waitMs)
            control.refused.limited++
          }
          const spentMs = monotonic() - controlBegan
          controlMs += spentMs
          control.in++
          control.seconds.observe(spentMs / 1000)
        }
      }
    }
    parse.in += batch.length
    parse.out += items.length
    parse.seconds.observe((monotonic() - began - controlMs) / 1000)
    return items
  }
}

export function itemOf(origin: Item['origin'], frame: Item['frame']): Item {
  return { origin, frame, n: 0, verdict: undefined, request: undefined, asked: undefined }
}
