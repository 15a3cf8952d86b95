import { readFileSync } from 'node:fs'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { reservedDescriptors, socketsPerWorker, workersFor } from '../../server/config/descriptors.ts'
import { defaultAdminListen, defaultListen } from '../../server/config/server.ts'
import { formatAddress } from '../../server/config/values.ts'
import { probeListen } from '../../server/entry.ts'
import type { Texts } from '../i18n/texts.ts'
import type { Finding } from './finding.ts'

const askedVisitors = 20_000
/** One agent per 50 visitors, as `kf bench` has it. */
const askedSockets = askedVisitors + askedVisitors / 50
/** Measured on 6,000 visitors just connected, all processes: 21 KiB each, on top of 275 MiB of an idle node with two workers. */
const bytesPerVisitor = 24 * 1024
const baseBytes = 300 * 1024 * 1024

export function nodeFinding(version: string, path: string, texts: Texts['doctor']): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const fits = (major === 24 && minor >= 15) || major >= 26
  return {
    id: 'node',
    status: fits ? 'ok' : 'fail',
    what: 'Node',
    value: `${version} (${path})`,
    ...(fits ? {} : { fix: texts.nodeFix }),
  }
}

export function coresFinding(texts: Texts['doctor']): Finding {
  const cores = availableParallelism()
  return {
    id: 'cores',
    status: cores >= 2 ? 'ok' : 'warn',
    what: texts.cores,
    value: String(cores),
    ...(cores >= 2 ? {} : { limits: texts.coresLimits }),
  }
}

/** `limit` undefined: the system does not tell. */
export function descriptorFinding(limit: number | undefined, texts: Texts['doctor']): Finding {
  const what = texts.descriptors
  if (limit === undefined) return { id: 'descriptors', status: 'info', what, value: texts.unknown }
  const perWorker = socketsPerWorker(limit)
  const workers = workersFor(askedSockets, limit)
  const enough = workers <= 4
  return {
    id: 'descriptors',
    status: enough ? 'ok' : 'warn',
    what,
    value: limit.toLocaleString('en'),
    limits: texts.descriptorsLimits(
      perWorker.toLocaleString('en'),
      askedVisitors.toLocaleString('en'),
      workers,
    ),
    ...(enough ? {} : { fix: texts.descriptorsFix(Math.ceil(askedSockets / 2) + reservedDescriptors) }),
  }
}

export async function portFindings(texts: Texts['doctor']): Promise<readonly Finding[]> {
  const ports = [
    { id: 'port', address: defaultListen, flag: '--listen' },
    { id: 'admin_port', address: defaultAdminListen, flag: '--admin-listen' },
  ]
  return Promise.all(
    ports.map(async ({ id, address, flag }) => {
      const error = await probeListen(address, flag)
      return {
        id,
        status: error === undefined ? 'ok' : 'warn',
        what: texts.port(formatAddress(address)),
        value: error === undefined ? texts.free : texts.taken,
        ...(error === undefined ? {} : { limits: texts.takenLimits, fix: texts.takenFix(flag) }),
      } as const
    }),
  )
}

/** Each outgoing connection to one address needs a port: it bounds a load test, and a proxy in front of kf. */
export function ephemeralFinding(texts: Texts['doctor']): Finding {
  const [low, high] = readNumbers('/proc/sys/net/ipv4/ip_local_port_range')
  const what = texts.ephemeral
  if (low === undefined || high === undefined)
    return { id: 'ephemeral_ports', status: 'info', what, value: texts.unknown }
  const count = high - low + 1
  const enough = count >= askedSockets
  return {
    id: 'ephemeral_ports',
    status: enough ? 'ok' : 'warn',
    what,
    value: `${low}–${high}`,
    limits: texts.ephemeralLimits(count.toLocaleString('en')),
    ...(enough ? {} : { fix: 'sysctl -w net.ipv4.ip_local_port_range="10240 65535"' }),
  }
}

/** What the kernel, or a container's limit below it, leaves. */
export function memoryFinding(texts: Texts['doctor']): Finding {
  const cgroup = readNumbers('/sys/fs/cgroup/memory.max')[0]
  const total = Math.min(totalmem(), cgroup ?? Number.POSITIVE_INFINITY)
  const free = Math.min(total, availableMemory())
  const visitors = Math.max(0, Math.floor((free - baseBytes) / bytesPerVisitor))
  const enough = visitors >= askedVisitors
  return {
    id: 'memory',
    status: enough ? 'ok' : 'warn',
    what: texts.memory,
    value: texts.memoryValue(mib(free), mib(total)),
    limits: texts.memoryLimits(visitors.toLocaleString('en')),
    ...(enough ? {} : { fix: texts.memoryFix }),
  }
}

function availableMemory(): number {
  try {
    const kib = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]
    return kib === undefined ? freemem() : Number(kib) * 1024
  } catch {
    return freemem()
  }
}

function readNumbers(file: string): readonly number[] {
  try {
    return readFileSync(file, 'utf8').trim().split(/\s+/).map(Number).filter(Number.isFinite)
  } catch {
    return []
  }
}

function mib(bytes: number): string {
  return Math.floor(bytes / 1024 / 1024).toLocaleString('en')
}
