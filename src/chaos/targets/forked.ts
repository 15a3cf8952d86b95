import { type ChildProcess, fork } from 'node:child_process'
import { KfError } from '../../core/errors.ts'

/** Server processes of a target that run the same script and each say their port, `process.send({ port })`, once they listen. */
export type Forked = {
  /** One a process. */
  readonly ports: readonly number[]
  readonly pids: readonly number[]
  /** Why one of them ended by itself; undefined while all run. */
  readonly ended: () => string | undefined
  readonly stop: () => Promise<void>
}

const startWithinMs = 10_000

/** Forks `script` so many times. Throws `target_start` when one does not listen in time; none is left then. */
export async function forkServers(
  name: string,
  script: URL,
  args: readonly string[],
  processes: number,
): Promise<Forked> {
  const children = Array.from({ length: processes }, () =>
    fork(script, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
  )
  let ended: string | undefined
  let stopping = false
  for (const child of children) {
    child.on('exit', (code, signal) => {
      if (!stopping) ended ??= `${name} process ${child.pid ?? 0} ended (${signal ?? `exit ${code ?? 0}`})`
    })
  }
  const stop = async (): Promise<void> => {
    stopping = true
    await Promise.all(children.map(ending))
  }
  try {
    const ports = await Promise.all(children.map((child) => portOf(name, child)))
    return { ports, pids: children.map((child) => child.pid ?? 0), ended: () => ended, stop }
  } catch (error) {
    await stop()
    throw error
  }
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

function portOf(name: string, child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new KfError('target_start', `${name} did not listen within ${startWithinMs} ms`))
    }, startWithinMs)
    child.once('message', (message: { readonly port: number }) => {
      clearTimeout(timer)
      resolve(message.port)
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new KfError('target_start', `${name} ended before it listened (exit ${code ?? 0})`))
    })
  })
}
