import type { PeerTarget } from '../../src/chaos/targets/adapter.ts'
import { echoDialect } from '../../src/chaos/targets/bare-dialects.ts'
import type { Dialect } from '../../src/chaos/targets/dialect.ts'
import { forkServers } from '../../src/chaos/targets/forked.ts'

/** `kf bench --target` for `delay-server.ts`; the environment says which model, and where it writes what it did. */
export const dialect: Dialect = { ...echoDialect, name: 'delay' }

export const target: PeerTarget = {
  name: 'delay',
  start: async () => {
    const args = [process.env['KF_TEST_DELAY'] ?? 'fixed', process.env['KF_TEST_DELAY_FILE'] ?? '']
    const forked = await forkServers('delay', new URL('./delay-server.ts', import.meta.url), args, 1)
    return {
      addresses: forked.ports.map((port) => ({ host: '127.0.0.1', port, path: '/' })),
      pids: forked.pids,
      ended: forked.ended,
      stop: forked.stop,
    }
  },
}
