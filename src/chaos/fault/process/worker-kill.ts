import { z } from 'zod'
import { KfError } from '../../../core/errors.ts'
import { whole } from '../../yaml/values.ts'
import type { FaultKind } from '../fault.ts'
import { processFacts } from '../proc.ts'
import { nodeNamed, processesOf, serving } from './nodes.ts'

const params = z.strictObject({
  worker: whole(0, 63).meta({ description: 'Which one, from 0; drawn from the seed by default.' }).optional(),
})

export const workerKill: FaultKind<z.infer<typeof params>> = {
  name: 'worker_kill',
  describe: {
    en: 'SIGKILL to one of the processes with the sockets; its supervisor replaces it.',
    zh: '向一个持有连接的工作进程发送 SIGKILL，由主管进程替换。',
  },
  on: 'worker',
  needs: [],
  params,
  momentary: true,
  showsWithinMs: 5_000,
  inject: async ({ topology, clock, random }, on, { worker }) => {
    const node = nodeNamed(topology, on)
    const { workers } = await processesOf(node)
    const numbers = [...workers.keys()]
    const number = worker ?? numbers[Math.floor(random() * numbers.length)]
    const pid = number === undefined ? undefined : workers.get(number)
    if (number === undefined || pid === undefined) throw noWorker(on, number, numbers)
    await node.kill('worker', number)
    return {
      verify: () =>
        Promise.resolve(
          processFacts(pid) === undefined ? `worker ${number}, process ${pid}, is gone` : undefined,
        ),
      heal: () => serving(node, clock),
    }
  },
}

function noWorker(node: string, number: number | undefined, numbers: readonly number[]): KfError {
  const have = numbers.length === 0 ? 'none runs' : `there are ${numbers.join(', ')}`
  return new KfError('not_running', `there is no worker ${number ?? ''} of ${node}: ${have}`)
}
