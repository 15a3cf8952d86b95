import { type TrustedProxies, trustedProxies } from './access/address.ts'
import { basePath } from './api/identity.ts'
import type { ApiConfig } from './api/ports.ts'
import type { SnapshotContainer } from './config/container.ts'
import { liveView } from './config/live.ts'
import type { PipelineConfig } from './config/pipeline.ts'
import type { HeartbeatOptions } from './transport/heartbeat.ts'

/** What a worker's parts read of the configuration, under the names they know; each value when it is asked for. */
export type WorkerSettings = {
  readonly pipeline: PipelineConfig
  readonly heartbeat: HeartbeatOptions
  readonly sockets: {
    readonly outboxBytes: number
    readonly frameBytes: number
    readonly helloWithinMs: number
    readonly paths: readonly string[]
  }
  /** Where we are served, and whom we believe that. */
  readonly served: { readonly publicUrl: string | undefined; readonly trustedProxies: TrustedProxies }
  readonly api: ApiConfig
  readonly drainSpreadMs: () => number
}

const heartbeatSlices = 500

export function workerSettings(snapshots: SnapshotContainer, webFolder: string): WorkerSettings {
  const server = () => snapshots.current().cluster.server
  const limits = liveView(() => server().limits)
  // Made anew by a change alone: both are asked for at each upgrade.
  let trusted = trustedProxies(server().trusted_proxies)
  let paths = socketPaths(server().public_url)
  snapshots.subscribe(
    ({ cluster }) => cluster.server.trusted_proxies,
    (next) => {
      trusted = trustedProxies(next)
    },
  )
  snapshots.subscribe(
    ({ cluster }) => cluster.server.public_url,
    (next) => {
      paths = socketPaths(next)
    },
  )
  return {
    pipeline: liveView(() => server().pipeline),
    heartbeat: {
      slices: heartbeatSlices,
      get everyMs() {
        return server().heartbeat.every
      },
      get silentRounds() {
        return server().heartbeat.silent_rounds
      },
    },
    sockets: {
      get outboxBytes() {
        return limits.outbox
      },
      get frameBytes() {
        return limits.frame
      },
      get helloWithinMs() {
        return limits.hello_within
      },
      get paths() {
        return paths
      },
    },
    served: {
      get publicUrl() {
        return server().public_url
      },
      get trustedProxies() {
        return trusted
      },
    },
    api: {
      webFolder,
      get publicUrl() {
        return server().public_url
      },
      get trustedProxies() {
        return server().trusted_proxies
      },
    },
    drainSpreadMs: () => server().drain.spread,
  }
}

function socketPaths(publicUrl: string | undefined): readonly string[] {
  return [...new Set([`${basePath({ publicUrl })}ws`, '/ws'])]
}
