import { z } from 'zod'
import { KfError } from '../../../core/errors.ts'
import { fraction } from '../../yaml/values.ts'
import type { FaultKind } from '../fault.ts'
import { sideNamed } from './sides.ts'

const params = z.strictObject({
  share: fraction()
    .prefault('100%')
    .meta({ description: 'Of the connections of the side. 100% by default.' }),
})

export const reconnectStorm: FaultKind<z.infer<typeof params>> = {
  name: 'reconnect_storm',
  describe: {
    en: 'Cuts a share of the connections of a side at once; all come back.',
    zh: '同时切断一侧一定比例的连接，它们会全部重连。',
  },
  on: 'clients',
  needs: [],
  params,
  momentary: true,
  showsWithinMs: 5_000,
  inject: ({ clients }, on, { share }) => {
    const side = sideNamed(on)
    const before = clients.connected(side)
    const cut = clients.storm(side, share)
    if (cut === 0)
      throw new KfError('nobody_connected', `none of the ${side} was connected (${before} before)`)
    let proof: string | undefined
    return Promise.resolve({
      verify: () => {
        const now = clients.connected(side)
        // Those that have come back already were cut none the less.
        if (now < before) proof ??= `${cut} connections cut, ${now} of ${before} connected`
        return Promise.resolve(proof)
      },
      heal: () => Promise.resolve(),
    })
  },
}
