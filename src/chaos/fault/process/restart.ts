import { z } from 'zod'
import { milliseconds } from '../../yaml/values.ts'
import type { FaultKind } from '../fault.ts'
import { processFacts } from '../proc.ts'
import { backAfter, nodeNamed, processesOf } from './nodes.ts'

const params = z.strictObject({
  down: milliseconds(0, 600_000)
    .prefault('0s')
    .meta({ description: 'How long it stays down. 0s by default.' }),
})

export const restart: FaultKind<z.infer<typeof params>> = {
  name: 'restart',
  describe: {
    en: 'An orderly stop of a node, which drains, and a start after `down`.',
    zh: '有序停止节点（先排空连接），经过 `down` 后重新启动。',
  },
  on: 'node',
  needs: [],
  params,
  momentary: true,
  showsWithinMs: 5_000,
  inject: async ({ topology, clock }, on, { down }) => {
    const node = nodeNamed(topology, on)
    const { supervisor } = await processesOf(node)
    await node.stop()
    return {
      verify: () =>
        Promise.resolve(
          processFacts(supervisor) === undefined ? `process ${supervisor} has ended` : undefined,
        ),
      heal: backAfter(node, clock, down),
    }
  },
}
