import { readFileSync } from 'node:fs'

/** Bytes in the kernel's slabs, where sockets, their buffers' heads and open files lie; null where that cannot be read. */
export function kernelBytes(): number | null {
  try {
    const match = /^Slab:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))
    return match === null ? null : Number(match[1]) * 1024
  } catch {
    return null
  }
}
