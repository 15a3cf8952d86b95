import { z } from 'zod'
import type { FaultKind } from '../fault.ts'
import { processFacts } from '../proc.ts'
import { nodeNamed, serving, writerOf } from './nodes.ts'

const params = z.strictObject({})

export const writerKill: FaultKind<z.infer<typeof params>> = {
  name: 'writer_kill',
  describe: {
    en: 'SIGKILL to the process that commits; its supervisor replaces it.',
    zh: '向负责提交的写入进程发送 SIGKILL，由主管进程替换。',
  },
  on: 'writer',
  needs: [],
  params,
  momentary: true,
  showsWithinMs: 5_000,
  inject: async ({ topology, clock }, on) => {
    const node = nodeNamed(topology, on)
    const { writer } = await writerOf(node)
    await node.kill('writer')
    return {
      verify: () =>
        Promise.resolve(
          processFacts(writer) === undefined ? `writer, process ${writer}, is gone` : undefined,
        ),
      heal: () => serving(node, clock),
    }
  },
}
