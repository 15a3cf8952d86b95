import { z } from 'zod'
import { oneOf } from '../../yaml/values.ts'
import { lost } from './blackhole.ts'
import { silent } from './effect.ts'
import { toxicFault } from './link-fault.ts'

/** One way only: the end that still hears the other believes that all is well. */
export const halfOpen = toxicFault({
  name: 'half_open',
  describe: {
    en: 'Loses one way of the link (up: what the client sends) while the other works, so that one end believes the connection is up.',
    zh: '链路的一个方向（up：客户端发出的数据）失效而另一方向正常，一端仍以为连接完好。',
  },
  params: z.strictObject({
    direction: oneOf(['up', 'down'])
      .default('up')
      .meta({ description: 'The way that is lost: `up` is what the client sends, `down` what it gets.' }),
  }),
  showsWithinMs: 10_000,
  toxics: (params) => lost(params.direction),
  seen: () => silent,
})
