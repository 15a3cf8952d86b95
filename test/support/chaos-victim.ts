import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startGuard } from '../../src/chaos/fault/guard.ts'
import { faultKinds } from '../../src/chaos/fault/kinds.ts'
import { holding } from '../../src/chaos/fault/process/fault-in-test.ts'
import { startTopology } from '../../src/chaos/topology/start.ts'

/**
 * A harness in mid-fault, to be killed: `node chaos-victim.ts STATE-FOLDER DATA-ROOT LAUNCHER TTL-MS`. Says one line of JSON when its
 * node is stopped, a latency holds on a link and something is mounted; then waits for ever.
 */
const [, , stateFolder = '', dataRoot = '', launcher = '', ttlMs = '60000'] = process.argv
const guard = await startGuard({
  stateFolder,
  scenario: 'victim',
  run: 'victim',
  pid: process.pid,
  program: process.execPath,
  ttlMs: Number(ttlMs),
  onTtl: (healed) => {
    process.stdout.write(`${JSON.stringify({ ttl: healed })}\n`)
  },
  onTrouble: (trouble) => {
    process.stdout.write(`${JSON.stringify({ trouble: trouble.message })}\n`)
  },
})
const topology = await startTopology(
  { kind: 'embedded', workers: 1 },
  { agents: 1, capacity: 1 },
  {
    serve: [process.execPath, launcher, 'serve'],
    env: process.env,
    dataRoot,
    keep: guard.keep,
    host: {
      env: process.env,
      home: process.env['HOME'] ?? '',
      platform: `${process.platform}-${process.arch}`,
    },
    onTrouble: () => undefined,
  },
)
const context = {
  topology,
  clock: holding,
  random: () => 0.5,
  undo: guard.undo,
  clients: {
    storm: () => 0,
    stopReading: () => ({ resume: () => undefined, cut: () => 0 }),
    connected: () => 0,
    acks: () => 0,
  },
}
await faultKinds.get('latency')?.inject(context, 'visitors->node', { latency: '100ms' })
await faultKinds.get('pause')?.inject(context, 'node', {})

const mounted = join(dataRoot, 'kf-chaos-mount')
await mkdir(mounted)
await guard.keep({ do: 'remove', path: mounted })
await guard.undo({ do: 'unmount', path: mounted })
let isMounted = true
try {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mounted], { stdio: 'pipe' })
} catch {
  isMounted = false
}
const [node] = topology.nodes
const now = await node?.processes()
process.stdout.write(
  `${JSON.stringify({
    pids: [now?.supervisor, now?.writer, ...(now?.workers.values() ?? [])],
    toxiproxy: topology.toxiproxy,
    mounted: isMounted ? mounted : null,
    folder: node?.dataFolder,
  })}\n`,
)
