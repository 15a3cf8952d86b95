import {
  cores,
  figureIn,
  memory,
  micros,
  ms,
  perSecond,
  type Reports,
  ratio,
  share,
  table,
  withPart,
} from './page-text.ts'

/** What docs/capacity.md works out: so many sockets on such a machine. */
const asked = { sockets: 200_000, cores: 8, memoryBytes: 32 * 2 ** 30 } as const
/** One core is the writer's. */
const workers = asked.cores - 1
const visitorsPerAgent = 50
const heartbeatS = 25
/** As the writer paces its commits under load, docs/decisions/004. */
const leastCommitMs = 8

/**
 * docs/capacity.md with its tables made anew from `reports`, by name as `reports/NAME.json` has them; what was not measured
 * stays a dash. Throws when a part has lost its markers.
 */
export function capacityPage(page: string, reports: Reports): string {
  const parts = { figures: figures(reports), sizing: sizing(reports), techniques: techniques(reports) }
  return Object.entries(parts).reduce(
    (text, [name, part]) => withPart('docs/capacity.md', text, name, part),
    page,
  )
}

function figures(reports: Reports): string {
  const of = (...path: readonly string[]) => figureIn(reports, path)
  const capacityRows = ['5000', '20000'].flatMap((sockets) => {
    const at = (figure: string) => of('capacity', 'at', sockets, figure)
    return [
      [
        `closed loop, ${Number(sockets).toLocaleString('en')} sockets: messages/s, kf ÷ echo ÷ relay`,
        `${perSecond(at('messages_per_s'))} · ${ratio(at('ratio'))} of echo · ${ratio(at('relay_ratio'))} of relay`,
        'capacity',
      ],
      [
        `the same: CPU per message, kf · echo · relay`,
        `${micros(at('cpu_us'))} · ${micros(at('echo_cpu_us'))} · ${micros(at('relay_cpu_us'))}`,
        'capacity',
      ],
    ]
  })
  return table(
    ['what', 'measured', '`npm run bench --`'],
    [
      ...capacityRows,
      [
        'CPU per message, workers · writer',
        `${micros(of('parse', 'worker_cpu_us'))} · ${micros(of('parse', 'writer_cpu_us'))}`,
        'parse',
      ],
      [
        'resident memory per idle socket, kf · bare echo',
        `${memory(of('memory', 'bytes_per_socket'))} · ${memory(of('memory', 'echo_bytes_per_socket'))}`,
        'memory',
      ],
      [
        'the same of the second half of them alone',
        `${memory(of('memory', 'marginal_bytes_per_socket'))} · ${memory(of('memory', 'echo_marginal_bytes_per_socket'))}`,
        'memory',
      ],
      ["the kernel's, per socket", memory(of('memory', 'kernel_bytes_per_socket')), 'memory'],
      ['kf with no socket, one worker', memory(of('memory', 'rss_without_sockets')), 'memory'],
      ['log written per message', memory(of('commit', 'wal_bytes_per_message')), 'commit'],
      [
        'store alone, 200 to a commit · one to a commit',
        `${perSecond(of('commit', 'messages_per_s'))} · ${perSecond(of('commit', 'single_messages_per_s'))}`,
        'commit',
      ],
      ['staged pipeline ÷ one message at a time', ratio(of('pipeline', 'ratio')), 'pipeline'],
      [
        'ready from a cold start · first 100 messages, p99 · later ones',
        `${ms(of('coldstart', 'built_first_ms'))} · ${ms(of('coldstart', 'first_100_p99_ms'))} · ${ms(of('coldstart', 'steady_p99_ms'))}`,
        'coldstart',
      ],
      [
        'build ÷ source: start-up · throughput',
        `${ratio(of('build', 'ratio'))} · ${ratio(of('build', 'throughput_ratio'))}`,
        'build',
      ],
      [
        'independent generator ÷ harness at the median: WebSocket · REST',
        `${ratio(of('agreement', 'ratio'))} · ${ratio(of('agreement', 'rest_ratio'))}`,
        'agreement',
      ],
    ],
  )
}

function sizing(reports: Reports): string {
  const of = (...path: readonly string[]) => figureIn(reports, path)
  const { sockets } = asked
  const base = of('memory', 'rss_without_sockets')
  // Measured with supervisor, writer and one worker, which need about the same.
  const processes = base === null ? null : (base / 3) * (2 + workers)
  const idle = times(of('memory', 'bytes_per_socket'), sockets)
  const kernel = times(of('memory', 'kernel_bytes_per_socket'), sockets)
  const all = [processes, idle, kernel].reduce<number | null>(
    (sum, part) => (sum === null || part === null ? null : sum + part),
    0,
  )
  const writerUs = of('parse', 'writer_cpu_us')
  const workerUs = of('parse', 'worker_cpu_us')
  const perMinute = (sockets * 2) / 60
  const perTwoSeconds = sockets / 2
  const load = (rate: number): string =>
    `writer ${cores(times(writerUs, rate / 1e6))} of 1 · workers ${cores(times(workerUs, rate / 1e6))} of ${workers}`
  const pings = sockets / heartbeatS
  return table(
    ['resource', `${sockets.toLocaleString('en')} sockets need`, 'the machine has'],
    [
      [
        'memory: idle sockets · kernel · processes',
        `${memory(idle)} · ${memory(kernel)} · ${memory(processes)}`,
        `${memory(asked.memoryBytes)}, of which this is ${share(divided(all, asked.memoryBytes))}`,
      ],
      [
        'descriptors, each worker',
        Math.ceil((sockets * (1 + 1 / visitorsPerAgent)) / workers + 500).toLocaleString('en'),
        'what `ulimit -n` says: often 1,024; `LimitNOFILE=65536` is enough',
      ],
      [
        'ports',
        'one on the server; at a proxy or a generator one each, and 28,232 an address pair',
        'a proxy on the same host needs 8 addresses to reach kf by',
      ],
      [
        'heartbeat',
        `${perSecond(pings)} pings`,
        `${cores(times(of('worth', 'zero_copy', 'write_us'), pings / 1e6))} of ${workers} for their writes`,
      ],
      [
        `one message a minute each, all answered: ${perSecond(perMinute)}`,
        load(perMinute),
        `${asked.cores} cores`,
      ],
      [
        `one message per 2 s each, as in the table to beat: ${perSecond(perTwoSeconds)}`,
        load(perTwoSeconds),
        `${asked.cores} cores`,
      ],
      [
        'the most that one writer commits',
        perSecond(divided(1e6, writerUs)),
        `${perSecond(divided(workers * 1e6, workerUs))} that ${workers} workers carry`,
      ],
      [
        'disk at that rate',
        `${memory(times(of('commit', 'wal_bytes_per_message'), divided(1e6, writerUs) ?? Number.NaN))}/s of log, ${1000 / leastCommitMs} syncs/s`,
        'any SSD',
      ],
    ],
  )
}

function techniques(reports: Reports): string {
  const of = (...path: readonly string[]) => figureIn(reports, ['worth', ...path])
  return table(
    ['technique', 'measured', 'saves at most', 'of a message'],
    [
      [
        'zero-copy I/O',
        `a copy of a message ${micros(of('zero_copy', 'copy_us'))}, one write to a socket ${micros(of('zero_copy', 'write_us'))}`,
        micros(of('zero_copy', 'saved_us')),
        share(of('zero_copy', 'share')),
      ],
      [
        'zero-allocation JSON',
        `\`JSON.parse\` ${micros(of('zero_allocation_json', 'objects_us'))}, a scan that makes and checks nothing ${micros(of('zero_allocation_json', 'scan_us'))}`,
        micros(of('zero_allocation_json', 'saved_us')),
        share(of('zero_allocation_json', 'share')),
      ],
      [
        'lock-free pool',
        `a new object ${micros(of('lock_free_pool', 'fresh_us'))}, one from a pool ${micros(of('lock_free_pool', 'pooled_us'))}`,
        micros(of('lock_free_pool', 'saved_us')),
        share(of('lock_free_pool', 'share')),
      ],
      [
        'lock-free ring in shared memory',
        `a message of a batch over a Unix socket ${micros(of('lock_free_ring', 'socket_us'))}, through a ring ${micros(of('lock_free_ring', 'ring_us'))}`,
        micros(of('lock_free_ring', 'saved_us')),
        share(of('lock_free_ring', 'share')),
      ],
    ],
  )
}

function times(value: number | null, by: number): number | null {
  return value === null ? null : value * by
}

function divided(value: number | null, by: number | null): number | null {
  return value === null || by === null ? null : value / by
}
