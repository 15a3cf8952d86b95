import type { FaultKind } from './fault.ts'
import { bandwidth } from './network/bandwidth.ts'
import { blackhole } from './network/blackhole.ts'
import { down } from './network/down.ts'
import { halfOpen } from './network/half-open.ts'
import { hold } from './network/hold.ts'
import { jitter } from './network/jitter.ts'
import { latency } from './network/latency.ts'
import { partition } from './network/partition.ts'
import { reset } from './network/reset.ts'
import { resetStorm } from './network/reset-storm.ts'
import { toxic } from './network/toxic.ts'
import { clockSkew } from './process/clock-skew.ts'
import { configPush } from './process/config-push.ts'
import { diskFull } from './process/disk-full.ts'
import { fsyncError } from './process/fsync-error.ts'
import { kill } from './process/kill.ts'
import { killAtCommit } from './process/kill-at-commit.ts'
import { pause } from './process/pause.ts'
import { powerCut } from './process/power-cut.ts'
import { reconnectStorm } from './process/reconnect-storm.ts'
import { restart } from './process/restart.ts'
import { slowConsumer } from './process/slow-consumer.ts'
import { slowFsync } from './process/slow-fsync.ts'
import { workerKill } from './process/worker-kill.ts'
import { writerKill } from './process/writer-kill.ts'

/**
 * Every fault by name, in the order of `kf chaos list`. Each line adds one: `kind(latency)`. `inject` takes the params as a
 * scenario writes them (`Action.params`, checked when it was loaded) and gives the fault what its own schema makes of them.
 */
export const faultKinds: ReadonlyMap<string, FaultKind> = byName([
  kind(latency),
  kind(jitter),
  kind(bandwidth),
  kind(partition),
  kind(hold),
  kind(blackhole),
  kind(halfOpen),
  kind(down),
  kind(reset),
  kind(resetStorm),
  kind(toxic),
  kind(reconnectStorm),
  kind(slowConsumer),
  kind(kill),
  kind(restart),
  kind(pause),
  kind(workerKill),
  kind(writerKill),
  kind(configPush),
  kind(killAtCommit),
  kind(powerCut),
  kind(diskFull),
  kind(fsyncError),
  kind(slowFsync),
  kind(clockSkew),
])

/** One kind among others: what its params are is its own affair. */
export function kind<Params>(one: FaultKind<Params>): FaultKind {
  return {
    ...one,
    inject: async (context, on, params) => await one.inject(context, on, one.params.parse(params)),
  }
}

function byName(kinds: readonly FaultKind[]): ReadonlyMap<string, FaultKind> {
  return new Map(kinds.map((one) => [one.name, one]))
}
