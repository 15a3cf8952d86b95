import { uuidv7 } from '../../src/core/ids.ts'
import { bodyText } from './store.ts'

const quote = 0x22
const idKey = Buffer.from('"id":"')
const bodyKey = Buffer.from('"body":')

/** A visitor's message as it stands in a frame. */
export function frameBytes(n: number): Buffer {
  return Buffer.from(
    JSON.stringify({
      type: 'send',
      id: uuidv7(Date.now()),
      body: { kind: 'text', text: `${n} ${bodyText}` },
    }),
  )
}

/**
 * Where id and body begin and end, found in the bytes: nothing is made and nothing is checked. No server could trust it as it
 * is; it is what a reader without objects would cost at the least.
 */
export function scanned(frame: Buffer): number {
  const id = frame.indexOf(idKey) + idKey.length
  const idEnd = frame.indexOf(quote, id)
  const body = frame.indexOf(bodyKey, idEnd) + bodyKey.length
  let depth = 0
  for (let at = body; at < frame.length; at++) {
    const byte = frame[at]
    if (byte === 0x7b) depth += 1
    else if (byte === 0x7d) {
      depth -= 1
      if (depth === 0) return id + idEnd + body + at
    }
  }
  return -1
}
