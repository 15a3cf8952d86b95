import { z } from 'zod'
import { oneOf, whole } from '../../yaml/values.ts'
import type { FaultKind } from '../fault.ts'
import { folderOf, nodeNamed, serving, writerOf } from './nodes.ts'
import { storeFiles, syncing } from './store-fault.ts'
import { attachTrace } from './strace.ts'

const params = z.strictObject({
  within: oneOf(['write', 'sync'])
    .default('sync')
    .meta({ description: 'While the batch is written, or, by default, while it is synced.' }),
  nth: whole(1, 10_000)
    .meta({ description: 'In which call from now on; drawn from the seed by default.' })
    .optional(),
})

const mostDrawn = 20

export const killAtCommit: FaultKind<z.infer<typeof params>> = {
  name: 'kill_at_commit',
  describe: {
    en: 'SIGKILL to the writer within the system call that makes a batch durable.',
    zh: '在使一批数据落盘的系统调用中向写入进程发送 SIGKILL。',
  },
  on: 'writer',
  needs: ['strace'],
  params,
  momentary: true,
  showsWithinMs: 10_000,
  inject: async (context, on, { within, nth }) => {
    const node = nodeNamed(context.topology, on)
    const { wal } = await storeFiles(folderOf(node))
    const { writer } = await writerOf(node)
    const calls = within === 'write' ? ['pwrite64'] : [...syncing]
    // NOTE: strace counts `when` for each thread; commits are all made by one.
    const when = nth ?? 1 + Math.floor(context.random() * mostDrawn)
    const inject = `signal=SIGKILL:when=${when}`
    const trace = await attachTrace(context, { pids: [writer], files: [wal], calls, inject })
    return {
      verify: () => {
        const text = trace.text()
        if (!text.includes('+++ killed by SIGKILL +++')) return Promise.resolve(undefined)
        const begun = text
          .split('\n')
          .filter((line) => /^\d+\s+\w+\(.*(?:= \?|<unfinished \.\.\.>)$/.test(line))
        const inCall = begun.length > 0
        return Promise.resolve(
          inCall ? `writer, process ${writer}, was killed in its ${when}. ${within}` : undefined,
        )
      },
      heal: async () => {
        await trace.detach()
        await serving(node, context.clock)
      },
    }
  },
}
