import { writeUuid } from '../../core/uuid.ts'
import type { PackedAppend } from '../storage/store.ts'
import { ByteWriter, viewOf } from './bytes.ts'
import type { Request } from './wire.ts'

/**
 * Messages on their way to the writer, as bytes: what a JSON object a message would cost is the largest part of the link's work.
 * A record: n (8), hash (8), sender, conversation, epoch + 1 or 0, body's length (4 each), role, three free, id (16), body.
 */
export const appendsKind = 1

const headBytes = 52
const at = { n: 0, hash: 8, sender: 16, conversation: 20, epoch: 24, length: 28, role: 32, id: 36 }
/** UTF-8 needs at most three bytes for a unit of UTF-16. */
const bytesPerUnit = 3
/** In front of the records: the length of the whole, big endian, as the link has it, then the kind. */
const frontBytes = 5

export class AppendsWriter {
  readonly #out = new ByteWriter(64 * 1024)
  count = 0

  constructor() {
    this.#out.size = frontBytes
  }

  /** False when the request must travel as JSON: anything but the common message of a known sender. */
  add(n: number, request: Request): boolean {
    if (request.kind !== 'append' || request.stream !== 'public') return false
    const { body, epoch, handles } = request
    if (handles === undefined || request.verdict !== undefined || request.visitor !== undefined) return false
    const out = this.#out
    out.reserve(headBytes + body.length * bytesPerUnit)
    const start = out.size
    if (!writeUuid(request.id, out.bytes, start + at.id)) return false
    const { view } = out
    const length = out.bytes.write(body, start + headBytes)
    view.setFloat64(start + at.n, n, true)
    view.setFloat64(start + at.hash, request.bodyHash, true)
    view.setUint32(start + at.sender, handles.sender, true)
    view.setUint32(start + at.conversation, handles.conversation, true)
    view.setUint32(start + at.epoch, epoch === undefined ? 0 : epoch + 1, true)
    view.setUint32(start + at.length, length, true)
    view.setUint32(start + at.role, request.sender.role === 'agent' ? 1 : 0, true)
    out.size = start + headBytes + length
    this.count++
    return true
  }

  /** The message for the link; starts anew. */
  take(): Buffer {
    const out = this.#out
    out.bytes.writeUInt32BE(out.size - 4, 0)
    out.bytes[4] = appendsKind
    const frame = Buffer.from(out.bytes.subarray(0, out.size))
    out.size = frontBytes
    this.count = 0
    return frame
  }
}

/** `bytes` from the kind on; what is handed on refers to them. */
export function readAppends(bytes: Buffer, each: (n: number, append: PackedAppend) => void): void {
  const view = viewOf(bytes)
  const { buffer, byteOffset } = bytes
  for (let start = 1; start < bytes.length; ) {
    const length = view.getUint32(start + at.length, true)
    const epoch = view.getUint32(start + at.epoch, true)
    each(view.getFloat64(start + at.n, true), {
      kind: 'packed_append',
      handles: {
        sender: view.getUint32(start + at.sender, true),
        conversation: view.getUint32(start + at.conversation, true),
      },
      role: view.getUint32(start + at.role, true) === 1 ? 'agent' : 'visitor',
      id: new Uint8Array(buffer, byteOffset + start + at.id, 16),
      epoch: epoch === 0 ? undefined : epoch - 1,
      body: new Uint8Array(buffer, byteOffset + start + headBytes, length),
      bodyHash: view.getFloat64(start + at.hash, true),
    })
    start += headBytes + length
  }
}
