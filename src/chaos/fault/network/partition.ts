import { z } from 'zod'
import { silent } from './effect.ts'
import { held } from './hold.ts'
import { direction, toxicFault } from './link-fault.ts'

/** What two ends see of each other when the network between them parts: as `hold`, under the name that people look for. */
export const partition = toxicFault({
  name: 'partition',
  describe: {
    en: 'Cuts the two ends of the link off from each other, both ways or one way (up: what the client sends); neither end is told.',
    zh: '使链路两端互相隔离，双向或单向（up：客户端发出的数据）；两端都不会得到通知。',
  },
  params: z.strictObject({ direction: direction().default('both') }),
  showsWithinMs: 10_000,
  toxics: (params) => held(params.direction),
  seen: () => silent,
})
