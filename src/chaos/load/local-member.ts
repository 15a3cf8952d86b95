import { type ChildProcess, fork } from 'node:child_process'
import { ending } from '../targets/forked.ts'
import type { FromGenerator, GeneratorPlan } from './ipc.ts'
import { Listeners, Once } from './listeners.ts'
import type { Member } from './member.ts'

export type LocalMember = Member & { readonly pid: number }

const leaveWithinMs = 3_000

/** Forks a generator on this host and hands it its plan; it says `ready`, or `failed`. */
export function forkMember(plan: GeneratorPlan): LocalMember {
  const child = fork(new URL('./generator.ts', import.meta.url), [], {
    execArgv: [...process.execArgv, '--max-semi-space-size=64'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const messages = new Listeners<FromGenerator>()
  const end = new Once<string>()
  child.on('message', (message: FromGenerator) => {
    messages.call(message)
  })
  child.once('exit', (code, signal) => {
    end.happen(`the process ended (${signal ?? `exit ${code ?? 0}`})`)
  })
  child.once('error', (error) => {
    end.happen(`the process could not be started: ${error.message}`)
  })
  const tell: Member['tell'] = (message) => {
    if (child.connected) child.send(message, () => {})
  }
  tell({ t: 'plan', plan })
  return {
    plan,
    host: undefined,
    pid: child.pid ?? 0,
    tell,
    onMessage: (listener) => messages.add(listener),
    onEnd: (listener) => end.on(listener),
    stop: () => leaving(child, tell),
  }
}

async function leaving(child: ChildProcess, tell: Member['tell']): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  tell({ t: 'leave' })
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, leaveWithinMs)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
  })
  await ending(child)
}
