import { monitorEventLoopDelay } from 'node:perf_hooks'
import { messageOf } from '../../core/errors.ts'
import { carryOut, type Running } from './rest-cannon.ts'
import type { FromRest, ToRest } from './rest-ipc.ts'

/** Entry of the process that makes REST requests, so that neither screen nor sockets disturb their times. */

const running: Running[] = []

process.on('message', (message: ToRest) => {
  if (message.t === 'stop') for (const one of running) one.stop()
  else
    run(message).catch((error: unknown) => {
      tell({ t: 'failed', message: messageOf(error) })
    })
})
process.on('disconnect', () => process.exit(0))
// Ctrl-C goes to the whole group; the coordinator decides when this process ends.
process.on('SIGINT', () => {})
tell({ t: 'ready' })

async function run({ requests, durationMs }: Extract<ToRest, { readonly t: 'run' }>): Promise<void> {
  const lag = monitorEventLoopDelay({ resolution: 1 })
  lag.enable()
  running.push(...requests.map((one) => carryOut(one, durationMs)))
  const counts = await Promise.all(running.map((one) => one.counts))
  running.length = 0
  lag.disable()
  tell({ t: 'ran', counts, lagP99Ms: Math.max(0, lag.percentile(99) / 1e6 - 1) })
}

function tell(message: FromRest): void {
  process.send?.(message)
}
