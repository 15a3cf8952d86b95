import { z } from 'zod'
import { milliseconds } from '../../yaml/values.ts'
import type { FaultKind } from '../fault.ts'
import { processFacts } from '../proc.ts'
import { backAfter, nodeNamed, processesOf } from './nodes.ts'

const params = z.strictObject({
  down: milliseconds(0, 600_000)
    .prefault('1s')
    .meta({ description: 'How long it stays down. 1s by default.' }),
})

export const kill: FaultKind<z.infer<typeof params>> = {
  name: 'kill',
  describe: {
    en: 'SIGKILL to all processes of a node at once, and a start after `down`.',
    zh: '同时向节点的所有进程发送 SIGKILL，经过 `down` 后重新启动。',
  },
  on: 'node',
  needs: [],
  params,
  momentary: true,
  showsWithinMs: 5_000,
  inject: async ({ topology, clock }, on, { down }) => {
    const node = nodeNamed(topology, on)
    const { supervisor } = await processesOf(node)
    // Nothing to undo: a node that is down stays down when the harness dies, and its folder is removed.
    await node.kill('node')
    return {
      verify: () =>
        Promise.resolve(processFacts(supervisor) === undefined ? `process ${supervisor} is gone` : undefined),
      heal: backAfter(node, clock, down),
    }
  },
}
