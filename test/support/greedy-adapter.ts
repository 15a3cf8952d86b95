import type { PeerTarget } from '../../src/chaos/targets/adapter.ts'
import { echoTarget } from '../../src/chaos/targets/bare.ts'
import { echoDialect } from '../../src/chaos/targets/bare-dialects.ts'
import type { Dialect } from '../../src/chaos/targets/dialect.ts'

/** `kf bench --target` for a bare echo whose dialect needs 15 ms of the generator's core for every frame that arrives. */
const spinMs = 15

export const dialect: Dialect = {
  ...echoDialect,
  name: 'greedy',
  classify: (bytes, start, end, found) => {
    const until = performance.now() + spinMs
    while (performance.now() < until);
    return echoDialect.classify(bytes, start, end, found)
  },
}

export const target: PeerTarget = {
  name: 'greedy',
  start: async (demand) => {
    const { dataFolder: _, ...running } = await echoTarget.start(demand)
    return running
  },
}
