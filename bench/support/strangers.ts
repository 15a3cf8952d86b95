import { readFileSync } from 'node:fs'
import { sampleMachine } from '../../src/chaos/load/machine.ts'

/** Cores that neither this process nor any of its descendants kept busy since the watch began; these must all have ended by now. */
export type Strangers = { readonly cores: () => number }

// USER_HZ is 100 on every Linux that Node runs on.
const ticksPerSecond = 100

export function watchStrangers(): Strangers {
  const since = { at: performance.now(), busy: sampleMachine().busy, own: ownSeconds() }
  return {
    cores: () => {
      const seconds = (performance.now() - since.at) / 1000
      const others = sampleMachine().busy - since.busy - (ownSeconds() - since.own)
      return Math.max(0, others) / seconds
    },
  }
}

// utime, stime, and the same of children that have ended, with all that they had waited for (proc_pid_stat(5), fields 14 to 17).
function ownSeconds(): number {
  try {
    const text = readFileSync('/proc/self/stat', 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond
  } catch {
    return 0
  }
}
