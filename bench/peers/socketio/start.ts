import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeerRunning, PeerTarget } from '../../../src/chaos/targets/adapter.ts'
import { forkServers } from '../../../src/chaos/targets/forked.ts'
import type { Demand } from '../../../src/chaos/targets/target.ts'

/** socket.io in one process; `durable` on kf's store, in a folder of its own below the one for temporary files. */
export function socketIo(kind: 'memory' | 'durable'): PeerTarget {
  const name = `socketio-${kind}`
  return { name, start: (demand) => start(kind, name, demand) }
}

async function start(kind: 'memory' | 'durable', name: string, demand: Demand): Promise<PeerRunning> {
  if (demand.workers > 1) {
    throw new Error(
      `${name} runs in one process, and ${demand.visitors + demand.agents} connections need ${demand.workers} under ` +
        'the limit of descriptors; raise it: ulimit -n 65536',
    )
  }
  const folder = kind === 'durable' ? await mkdtemp(join(tmpdir(), 'kf-peer-')) : undefined
  const remove = async (): Promise<void> => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
  try {
    const script = new URL('./server.ts', import.meta.url)
    const { ports, pids, ended, stop } = await forkServers(
      name,
      script,
      folder === undefined ? [] : [folder],
      1,
    )
    return {
      addresses: ports.map((port) => ({
        host: '127.0.0.1',
        port,
        path: '/socket.io/?EIO=4&transport=websocket',
      })),
      agentTokens: Array.from({ length: demand.agents }, (_, n) => `agent-${n}`),
      pids,
      ...(folder === undefined ? {} : { dataFolder: folder }),
      ended,
      stop: async () => {
        await stop()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
