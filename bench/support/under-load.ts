import { once } from 'node:events'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from './claim.ts'
import { fromBuild, startKf } from './kf.ts'
import { runKfBench } from './kf-bench.ts'
import { pinApart } from './pinned.ts'

/** What a message costs a kf that works at its limit, by its own metrics. */
export type UnderLoad = {
  readonly sockets: number
  readonly messagesPerS: number
  /** CPU-µs per message, of all processes. */
  readonly cpuUs: number
  readonly workerCpuUs: number
  readonly writerCpuUs: number
  /** Wall-clock µs per message in a stage, by the stage's name; on a busy core that is more than its CPU. */
  readonly stageUs: Readonly<Record<string, number>>
}

const workerStages = ['parse', 'filter', 'route', 'persist', 'answer'] as const

/** Closed loop from the build, server and generator pinned apart: from one reading of `/metrics` to another in the middle of it. */
export async function underLoad(bench: Bench): Promise<UnderLoad> {
  const { quick, sockets: asked, seconds: length } = bench.options
  const sockets = asked?.[0] ?? (quick ? 50 : 5_000)
  const seconds = length ?? (quick ? 4 : 8)
  const server = await startKf(bench, fromBuild, { visitors: sockets, agents: Math.ceil(sockets / 50) })
  const socket = join(server.dataFolder, 'admin.sock')
  const out = join(bench.folder(), 'reports')
  const readings: Metrics[] = []
  await runKfBench(
    bench,
    [
      ...['--mode', 'closed', '--target', server.url, '--data', server.dataFolder],
      ...['--concurrency', String(sockets), '--duration', String(seconds), '--warmup', '3', '--out', out],
    ],
    {
      before: pinApart(server.pids),
      measuring: async () => {
        readings.push(await readMetrics(socket))
        await pause(seconds * 1000 - 500)
        readings.push(await readMetrics(socket))
      },
    },
  )
  const [before, after] = readings
  if (before === undefined || after === undefined)
    throw new Error('kf bench never said that it was measuring')
  return between(before, after, sockets)
}

/** Series of the Prometheus text format by name and labels, as they stand in it. */
type Metrics = ReadonlyMap<string, number>

// NOTE: each process reports once a second, not all at the same instant: so each is divided by its own messages.
function between(before: Metrics, after: Metrics, sockets: number): UnderLoad {
  const grown = (matches: (name: string) => boolean): number => {
    let sum = 0
    for (const [name, value] of after) if (matches(name)) sum += value - (before.get(name) ?? 0)
    return sum
  }
  const stage = (what: string, role: string, name: string): number =>
    grown(
      (series) => series.startsWith(`kf_stage_${what}{role="${role}"`) && series.includes(`stage="${name}"`),
    )
  const cpu = (role: string): number =>
    grown((series) => series.startsWith(`kf_${role}`) && series.includes('cpu_seconds_total'))
  const messages = stage('in_total', 'worker', 'parse')
  const commits = stage('in_total', 'writer', 'commit')
  const up = grown((series) => series.startsWith('kf_supervisor_uptime_seconds'))
  const workerCpuUs = (cpu('worker') * 1e6) / messages
  const writerCpuUs = (cpu('writer') * 1e6) / commits
  const timed = [...workerStages.map((name) => ['worker', name] as const), ['writer', 'commit'] as const]
  return {
    sockets,
    messagesPerS: messages / up,
    cpuUs: workerCpuUs + writerCpuUs,
    workerCpuUs,
    writerCpuUs,
    stageUs: Object.fromEntries(
      timed.map(([role, name]) => [
        name,
        (stage('seconds_sum', role, name) * 1e6) / (role === 'writer' ? commits : messages),
      ]),
    ),
  }
}

async function readMetrics(socketPath: string): Promise<Metrics> {
  const request = get({ socketPath, path: '/metrics', headers: { host: 'localhost' } })
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const space = line.lastIndexOf(' ')
        return [line.slice(0, space), Number(line.slice(space + 1))]
      }),
  )
}
