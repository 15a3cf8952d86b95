import { connect } from 'node:net'
import { messageOf } from '../../core/errors.ts'
import { loadDialect } from '../targets/dialects.ts'
import { type Generator, runGenerator } from './generator-run.ts'
import type { FromGenerator, GeneratorPlan, ToGenerator } from './ipc.ts'

/** Entry of a generator process: a pipe to the coordinator around `runGenerator`. It ends when the coordinator does. */

let running: Generator | undefined

process.on('message', (message: ToGenerator) => {
  try {
    if (message.t === 'plan') begin(message.plan).catch(failed)
    else running?.handle(message)
  } catch (error) {
    failed(error)
  }
})
process.on('disconnect', () => process.exit(0))
// Ctrl-C goes to the whole group; the coordinator decides when a generator ends.
process.on('SIGINT', () => {})
process.on('uncaughtException', (error) => {
  tell({ t: 'failed', message: messageOf(error) })
  process.exit(1)
})

async function begin(plan: GeneratorPlan): Promise<void> {
  const dialect = await loadDialect(plan.dialect)
  running = runGenerator({
    plan,
    dialect,
    now: runClock(plan),
    tell,
    every: (ms, task) => {
      const timer = setInterval(task, ms)
      return () => {
        clearInterval(timer)
      }
    },
    exit: () => process.exit(0),
  })
  if (plan.probePort > 0) listenToProbe(plan.probePort)
  tell({ t: 'ready' })
}

function failed(error: unknown): void {
  tell({ t: 'failed', message: messageOf(error) })
}

function tell(message: FromGenerator): void {
  process.send?.(message)
}

// `performance.now` is cheap but starts with the process; `hrtime` is the machine's, hence the same in all of them.
function runClock(plan: GeneratorPlan): () => number {
  let offset = Number.NEGATIVE_INFINITY
  // The two clocks are read one after the other: the reading with the least time between them is the best.
  for (let i = 0; i < 100; i++) {
    offset = Math.max(offset, Number(process.hrtime.bigint() - plan.zeroNs) / 1e6 - performance.now())
  }
  return () => performance.now() + offset
}

// The coordinator writes the time; how old it is when it is read here is how late this loop stamps what it reads.
function listenToProbe(port: number): void {
  const socket = connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer: Buffer.alloc(4096),
      callback: (length, buffer) => {
        const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, length)
        if (length >= 8) running?.probed(bytes.readDoubleBE(0))
        return true
      },
    },
  })
  socket.on('error', () => {})
  socket.unref()
}
