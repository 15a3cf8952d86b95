/** A growing piece of memory to write records into; little endian, unaligned. */
export class ByteWriter {
  bytes: Buffer
  view: DataView
  size = 0

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity)
    this.view = viewOf(this.bytes)
  }

  /** Makes room for `more` bytes behind `size`; what is before stays. */
  reserve(more: number): void {
    if (this.size + more <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.size + more))
    this.bytes.copy(grown, 0, 0, this.size)
    this.bytes = grown
    this.view = viewOf(grown)
  }
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
