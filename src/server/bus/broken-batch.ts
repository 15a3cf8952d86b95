import type { Break } from '../config/break.ts'
import type { Delivered } from './wire.ts'

const kept: Buffer[] = []
const keptBytes = 256 * 1024

/** What a worker of a test build makes of a batch's messages (config/break.ts). */
export function asBroken(messages: readonly Delivered[], broken: Break | undefined): readonly Delivered[] {
  switch (broken) {
    case 'drop-tail':
      // Not a visitor's: an agent who is asked nothing answers nothing, and then nothing is missed.
      return messages.at(-1)?.from.role === 'visitor' ? messages : messages.slice(0, -1)
    case 'phantom':
      return messages.map((message) => ({ ...message, body: message.body.replace('"text":"', '"text":"?') }))
    case 'leak':
      kept.push(Buffer.alloc(keptBytes, 1))
      return messages
    default:
      return messages
  }
}
