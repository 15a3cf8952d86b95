import { forkServers } from './forked.ts'
import type { Demand, RunningTarget, Target } from './target.ts'

/** A bare `ws` server that sends every message back: the ceiling of this machine. */
export const echoTarget: Target = {
  name: 'echo',
  dialect: 'echo',
  bare: true,
  delivers: false,
  stores: false,
  start: (demand) => start('echo', demand),
}

/** A bare `ws` server that acks and passes on, and stores nothing: kf's job without what kf promises. */
export const relayTarget: Target = {
  name: 'relay',
  dialect: 'relay',
  bare: true,
  delivers: true,
  stores: false,
  start: (demand) => start('relay', demand),
}

async function start(kind: 'echo' | 'relay', demand: Demand): Promise<RunningTarget> {
  const script = new URL('./bare-server.ts', import.meta.url)
  const { ports, pids, ended, stop } = await forkServers(kind, script, [kind], demand.workers)
  return {
    addresses: ports.map((port) => ({ host: '127.0.0.1', port, path: '/' })),
    site: 'bench',
    agentTokens: kind === 'relay' ? Array.from({ length: demand.agents }, (_, n) => `agent-${n}`) : [],
    pids,
    dataFolder: undefined,
    ended,
    log: () => '',
    stop,
  }
}
