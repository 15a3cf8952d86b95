import { decodeClientFrame } from '../../protocol/decode.ts'
import type { Item, Received, Stage } from './stage.ts'

/** Decodes and validates once, strictly. Control frames and bad ones are answered here; messages and commands go on. */
export const parse: Stage<Received, Item> = (batch) => {
  const items: Item[] = []
  for (const { origin, text } of batch) {
    const decoded = decodeClientFrame(text)
    if (!decoded.ok) {
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
        items.push({ origin, frame, verdict: undefined, request: undefined })
        break
      default:
        origin.control(frame)
    }
  }
  return items
}
