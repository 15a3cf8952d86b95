import { readFileSync, readlinkSync } from 'node:fs'
import type { Sameness } from './remote-messages.ts'

/** What tells whether another process is on this machine, sees this one's processes, and reads the same monotonic clock. */
export function ownSameness(unknown: string): Sameness {
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  const space = (kind: string): string | null => attempt(() => readlinkSync(`/proc/self/ns/${kind}`))
  const pid = space('pid')
  const time = space('time')
  return {
    processes: boot === null || pid === null ? unknown : `${boot} ${pid}`,
    clock: boot === null || time === null ? unknown : `${boot} ${time}`,
  }
}

function attempt(read: () => string): string | null {
  try {
    return read()
  } catch {
    return null
  }
}
