import { setTimeout as pause } from 'node:timers/promises'
import { programOf, residentBytes } from '../src/chaos/load/machine.ts'
import { facilities, sizeUp } from '../src/chaos/load/preflight.ts'
import { type Bench, type Claim, type Figures, median, quotients, rounded, series } from './support/claim.ts'
import { connectIdle, type Idle } from './support/idle.ts'
import { kernelBytes } from './support/kernel.ts'
import { fromBuild, type Server, startEcho, startKf } from './support/kf.ts'

/**
 * Resident bytes that an idle, greeted visitor costs the server: (with N of them − with none) ÷ N, over all its processes,
 * each time once its memory has stopped moving. No flags: collections happen when the program makes them happen.
 * The kernel's own share is read from the machine's slabs; half of it belongs to the other ends, which are on this host too.
 */
export const memory: Claim = {
  name: 'memory',
  title: 'resident bytes per idle, greeted visitor socket, beside a bare ws echo',
  unit: "kf's bytes per socket ÷ the bare echo's",
  rounds: 1,
  warmUps: 0,
  needsBuild: true,
  timed: false,
  variants: () => ['kf', 'echo'],
  sample,
  conclude: (rounds, options) => {
    const [kf, echo] = [series(rounds, 'kf', 'per_socket'), series(rounds, 'echo', 'per_socket')]
    const samples = quotients(kf, echo)
    const missing = rounds
      .flatMap((round) => [round['kf'], round['echo']])
      .find((one) => one?.['connected'] !== socketsOf(options))
    return {
      ratio: median(samples),
      samples,
      figures: {
        bytes_per_socket: Math.round(median(kf)),
        echo_bytes_per_socket: Math.round(median(echo)),
        // Of the second half alone: without what any load at all makes a program take, such as room for young objects.
        marginal_bytes_per_socket: Math.round(median(series(rounds, 'kf', 'marginal'))),
        echo_marginal_bytes_per_socket: Math.round(median(series(rounds, 'echo', 'marginal'))),
        worker_bytes_per_socket: Math.round(median(series(rounds, 'kf', 'worker_per_socket'))),
        writer_bytes_per_socket: Math.round(median(series(rounds, 'kf', 'writer_per_socket'))),
        kernel_bytes_per_socket: Math.round(median(series(rounds, 'kf', 'kernel_per_socket'))),
        rss_without_sockets: median(series(rounds, 'kf', 'rss_before')),
        rss_with_sockets: median(series(rounds, 'kf', 'rss_after')),
        sockets: socketsOf(options),
        workers: median(series(rounds, 'kf', 'workers')),
        settle_s: rounded(median(series(rounds, 'kf', 'settle_s'))),
      },
      bounds: [{ what: 'bytes per idle socket', value: median(kf), op: '<=', bound: 10_240 }],
      invalid:
        missing === undefined
          ? null
          : `only ${missing['connected'] ?? 0} of ${socketsOf(options)} sockets were connected`,
    }
  },
}

function socketsOf({ quick, sockets }: Bench['options']): number {
  return sockets?.[0] ?? (quick ? 200 : 10_000)
}

type Limits = { readonly leastS: number; readonly mostS: number }

async function sample(variant: string, bench: Bench): Promise<Figures> {
  const visitors = socketsOf(bench.options)
  // One agent has to be asked for; it never connects.
  const size = {
    visitors,
    agents: 1,
    ...sizeUp(
      { visitors, agents: 0, messages: 0, workers: undefined, generators: 1, ownServer: true },
      facilities(),
    ),
  }
  const server = variant === 'kf' ? await startKf(bench, fromBuild, size) : await startEcho(bench, size)
  const limits: Limits = bench.options.quick ? { leastS: 0, mostS: 3 } : { leastS: 10, mostS: 40 }
  const before = await settled(server, limits)
  const kernelBefore = kernelBytes()
  const half = Math.floor(visitors / 2)
  const connect = async (count: number): Promise<Idle> => {
    const idle = await connectIdle(server, count, variant === 'kf')
    bench.defer(() => {
      idle.close()
    })
    return idle
  }
  const early = await connect(half)
  const halfway = await settled(server, limits)
  const late = await connect(visitors - half)
  const began = performance.now()
  const after = await settled(server, limits)
  const kernelAfter = kernelBytes()
  return {
    per_socket: (sumOf(after) - sumOf(before)) / visitors,
    marginal: (sumOf(after) - sumOf(halfway)) / (visitors - half),
    ...byProgram(before, after, visitors),
    rss_before: sumOf(before),
    rss_after: sumOf(after),
    kernel_per_socket:
      kernelBefore === null || kernelAfter === null ? null : (kernelAfter - kernelBefore) / visitors / 2,
    connected: early.connected() + late.connected(),
    workers: size.workers,
    settle_s: (performance.now() - began) / 1000,
  }
}

/** Resident bytes by process. */
type Resident = ReadonlyMap<number, number>

// The last reading, once the sums of five in a row lie within half a percent of each other, or when the time is over. V8 gives
// memory back some seconds after a program has gone quiet, hence not at once.
async function settled({ pids }: Server, { leastS, mostS }: Limits): Promise<Resident> {
  const sums: number[] = []
  const began = performance.now()
  for (;;) {
    const resident: Resident = new Map(pids.map((pid) => [pid, residentBytes(pid) ?? 0]))
    sums.push(sumOf(resident))
    const last = sums.slice(-5)
    const calm = last.length === 5 && Math.max(...last) - Math.min(...last) <= 0.005 * Math.max(...last)
    const seconds = (performance.now() - began) / 1000
    if ((calm && seconds >= leastS) || seconds >= mostS) return resident
    await pause(1_000)
  }
}

function sumOf(resident: Resident): number {
  return [...resident.values()].reduce((sum, bytes) => sum + bytes, 0)
}

// What each program grew by, per socket.
function byProgram(before: Resident, after: Resident, visitors: number): Figures {
  const grown = new Map<string, number>()
  for (const [pid, bytes] of after) {
    const program = `${programOf(pid).replace(/\.[jt]s$/, '')}_per_socket`
    grown.set(program, (grown.get(program) ?? 0) + (bytes - (before.get(pid) ?? 0)) / visitors)
  }
  return Object.fromEntries(grown)
}
