import { z } from 'zod'
import { KfError } from '../../../core/errors.ts'
import { oneOf } from '../../yaml/values.ts'
import type { FaultKind, UndoHandle } from '../fault.ts'
import { isSameProcess, processFacts, signal } from '../proc.ts'
import { nodeNamed, processesOf, until } from './nodes.ts'

const params = z.strictObject({
  what: oneOf(['node', 'writer', 'worker'])
    .default('node')
    .meta({ description: 'All of the node, by default; or the writer, or all workers.' }),
})

type Stopped = { readonly pid: number; readonly startedAt: string; readonly undo: UndoHandle }

const goesOnWithinMs = 5_000

export const pause: FaultKind<z.infer<typeof params>> = {
  name: 'pause',
  describe: {
    en: 'SIGSTOP: processes stand still, with all their sockets open, and go on where they were.',
    zh: 'SIGSTOP：进程停住，所有连接仍然打开，之后从原处继续。',
  },
  on: 'node',
  needs: [],
  params,
  momentary: false,
  showsWithinMs: 5_000,
  inject: async ({ topology, clock, undo }, on, { what }) => {
    const { supervisor, writer, workers } = await processesOf(nodeNamed(topology, on))
    const writers = writer === undefined ? [] : [writer]
    const pids = {
      node: [supervisor, ...writers, ...workers.values()],
      writer: writers,
      worker: [...workers.values()],
    }
    const stopped: Stopped[] = []
    for (const pid of pids[what]) {
      const facts = processFacts(pid)
      if (facts === undefined) continue
      const { startedAt } = facts
      stopped.push({ pid, startedAt, undo: await undo({ do: 'continue', pid, startedAt }) })
    }
    if (stopped.length === 0) throw new KfError('not_running', `${on} has no ${what} to stop`)
    for (const { pid } of stopped) signal(pid, 'SIGSTOP')
    return {
      verify: () => {
        const still = stopped.filter(({ pid }) => processFacts(pid)?.state === 'T').map(({ pid }) => pid)
        const all = still.length === stopped.length
        return Promise.resolve(all ? `state T: ${still.join(', ')}` : undefined)
      },
      heal: async () => {
        // The supervisor last: else it takes the others' silence for their own.
        for (const { pid, startedAt } of stopped.toReversed())
          if (isSameProcess(pid, startedAt)) signal(pid, 'SIGCONT')
        for (const { pid, startedAt, undo: handle } of stopped) {
          const goesOn = await until(
            clock,
            goesOnWithinMs,
            () => !isSameProcess(pid, startedAt) || processFacts(pid)?.state !== 'T',
          )
          if (!goesOn) throw new KfError('not_healed', `process ${pid} is still stopped`)
          await handle.done()
        }
      },
    }
  },
}
