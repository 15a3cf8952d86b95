import { resolve } from 'node:path'
import type { BenchPlan } from '../../chaos/load/bench.ts'
import type { HostAddress } from '../../chaos/load/remote-connect.ts'
import type { HostsPlan } from '../../chaos/load/remote-hosts.ts'
import { readToken } from '../../chaos/load/remote-secret.ts'
import { isLoopback } from '../../chaos/targets/loopback.ts'
import { KfError } from '../../core/errors.ts'
import { parseListen } from '../../server/config/values.ts'
import { packageVersion } from '../version.ts'
import type { BenchFlags } from './bench-flags.ts'

export const hostDefaults = { listen: '127.0.0.1:7099', tokenFile: 'bench-agent.token' } as const

const mostHosts = 64

/** The hosts that `--hosts` names; undefined where it names none. Throws `host_…`, `usage` or `bench_token_…`. */
export function readHosts(flags: BenchFlags, cwd: string): HostsPlan | undefined {
  const { hosts, hostTokenFile, beyondLoopback } = flags
  if (hosts === undefined) {
    if (hostTokenFile === undefined && beyondLoopback !== true) return undefined
    throw new KfError('host_options', '--host-token-file and --beyond-loopback belong to --hosts', {
      hint: 'add --hosts, or leave them out',
    })
  }
  const addresses = hosts
    .split(',')
    .map((text) => readAddress('--hosts', text.trim(), beyondLoopback === true))
  if (addresses.length > mostHosts) {
    throw new KfError(
      'host_count',
      `--hosts names ${addresses.length} hosts; at most ${mostHosts} are possible`,
      {
        hint: 'name fewer: one host can lend several generators',
        params: { count: addresses.length, most: mostHosts },
      },
    )
  }
  return {
    addresses,
    key: readToken(resolve(cwd, hostTokenFile ?? hostDefaults.tokenFile)),
    version: packageVersion(),
  }
}

/** Throws `host_engine` where another program makes the load: it runs on this host alone. */
export function refuseHostsFor(engine: string, { hosts }: BenchFlags): void {
  if (engine === 'kf' || hosts === undefined) return
  throw new KfError('host_engine', `--engine ${engine} runs on this host alone`, {
    hint: 'leave --hosts out, or use --engine kf',
    params: { engine },
  })
}

/** Throws `host_unreachable` where hosts elsewhere were to load what only this host can reach. */
export function refuseUnreachable({ hosts, ownServer, target }: BenchPlan): void {
  const beyond = hosts?.addresses.find(({ host }) => !isLoopback(host))
  if (beyond === undefined || !ownServer || target.dialect.startsWith('file:')) return
  throw new KfError('host_unreachable', `${beyond.host} cannot reach a server on this host's loopback`, {
    params: { host: beyond.host },
    hint: 'start kf serve on an address that it reaches, and give that as --target http://host:port/',
  })
}

/** An address as `--listen` or `--hosts` take it. Throws `usage`, and `host_beyond_loopback` on one that is, unless that was asked for. */
export function readAddress(option: string, text: string, beyondLoopback: boolean): HostAddress {
  const parsed = parseListen(text)
  if (!parsed.ok) throw new KfError('usage', `${option}: ${parsed.what}`, { hint: parsed.fix })
  const { host } = parsed.value
  if (beyondLoopback || isLoopback(host)) return parsed.value
  throw new KfError('host_beyond_loopback', `${option} ${text}: ${host} is beyond loopback`, {
    params: { option, at: text, host },
    hint: 'if that network may see the load and its token-protected port, add --beyond-loopback',
  })
}
