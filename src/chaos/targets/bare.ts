import { type ChildProcess, fork } from 'node:child_process'
import { KfError } from '../../core/errors.ts'
import type { Addresses } from '../load/ipc.ts'
import type { Demand, RunningTarget, Target } from './target.ts'

/** A bare `ws` server that sends every message back: the ceiling of this machine. */
export const echoTarget: Target = {
  name: 'echo',
  dialect: 'echo',
  bare: true,
  delivers: false,
  stores: false,
  start: (demand) => start('echo', demand),
}

/** A bare `ws` server that acks and passes on, and stores nothing: kf's job without what kf promises. */
export const relayTarget: Target = {
  name: 'relay',
  dialect: 'relay',
  bare: true,
  delivers: true,
  stores: false,
  start: (demand) => start('relay', demand),
}

const startWithinMs = 10_000

async function start(kind: 'echo' | 'relay', demand: Demand): Promise<RunningTarget> {
  const children = Array.from({ length: demand.workers }, () =>
    fork(new URL('./bare-server.ts', import.meta.url), [kind], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  )
  let ended: string | undefined
  let stopping = false
  for (const child of children) {
    child.on('exit', (code, signal) => {
      if (!stopping) ended ??= `${kind} process ${child.pid ?? 0} ended (${signal ?? `exit ${code ?? 0}`})`
    })
  }
  const stop = async (): Promise<void> => {
    stopping = true
    await Promise.all(children.map(ending))
  }
  try {
    const addresses: Addresses = (await Promise.all(children.map(portOf))).map((port) => ({
      host: '127.0.0.1',
      port,
      path: '/',
    }))
    return {
      addresses,
      site: 'bench',
      agentTokens: kind === 'relay' ? Array.from({ length: demand.agents }, (_, n) => `agent-${n}`) : [],
      pids: children.map((child) => child.pid ?? 0),
      dataFolder: undefined,
      ended: () => ended,
      log: () => '',
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new KfError('target_start', `the bare target did not listen within ${startWithinMs} ms`))
    }, startWithinMs)
    child.once('message', (message: { readonly port: number }) => {
      clearTimeout(timer)
      resolve(message.port)
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new KfError('target_start', `the bare target ended before it listened (exit ${code ?? 0})`))
    })
  })
}

/** Ends a child: by disconnecting it, then by SIGKILL after two seconds. */
export function ending(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 2_000)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    if (child.connected) child.disconnect()
    else child.kill('SIGTERM')
  })
}
