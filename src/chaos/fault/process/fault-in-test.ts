import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Clock, systemClock } from '../../../core/clock.ts'
import { startEmbedded } from '../../topology/embedded.ts'
import type { Topology } from '../../topology/topology.ts'
import type { FaultClients, FaultContext, Injected, UndoStep } from '../fault.ts'
import { faultKinds } from '../kinds.ts'

const launcher = fileURLToPath(new URL('../../../../bin/kf', import.meta.url))

/** A real `kf serve` without proxies, and the context of a fault on it: its undo log is a list. */
export type Scene = {
  readonly topology: Topology
  /** Undo steps that are not crossed out, of what the fault itself wrote. */
  readonly open: UndoStep[]
  readonly inject: (fault: string, params?: object, on?: string) => Promise<Injected>
  readonly end: () => Promise<void>
}

/** As the system's, but its timers hold the process, as the clock of a run does. */
export const holding: Clock = {
  ...systemClock,
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs)
    return () => {
      clearTimeout(timer)
    }
  },
}

export async function scene(clients: Partial<FaultClients> = {}, workers = 2): Promise<Scene> {
  const dataRoot = mkdtempSync(join(tmpdir(), 'kf-process-'))
  const topology = await startEmbedded(
    { kind: 'embedded', workers },
    { agents: 1, capacity: 10 },
    {
      serve: [process.execPath, launcher, 'serve'],
      env: process.env,
      dataRoot,
      keep: () => Promise.resolve({ done: () => Promise.resolve() }),
      connect: (plans) =>
        Promise.resolve({
          links: plans.map(({ name, upstream }) => {
            const [from = '', to = ''] = name.split('->')
            return { name, from, to, proxy: name, listen: upstream, upstream }
          }),
          control: undefined as never,
          toxiproxy: '',
          stop: () => Promise.resolve(),
        }),
    },
  )
  const open: UndoStep[] = []
  const context: FaultContext = {
    topology,
    clock: holding,
    random: () => 0.5,
    undo: (step) => {
      open.push(step)
      return Promise.resolve({
        done: () => {
          const at = open.indexOf(step)
          if (at >= 0) open.splice(at, 1)
          return Promise.resolve()
        },
      })
    },
    clients: {
      storm: () => 0,
      stopReading: () => ({ resume: () => {}, cut: () => 0 }),
      connected: () => 0,
      acks: () => 0,
      ...clients,
    },
  }
  return {
    topology,
    open,
    inject: (fault, params = {}, on = 'node') => {
      const kind = faultKinds.get(fault)
      if (kind === undefined) throw new Error(`no fault ${fault}`)
      return kind.inject(context, on, params)
    },
    end: async () => {
      await topology.stop()
      rmSync(dataRoot, { recursive: true, force: true })
    },
  }
}

/** Asks until there is proof, as a run does. */
export async function proofOf({ verify }: Injected): Promise<string> {
  const end = performance.now() + 15_000
  for (;;) {
    const proof = await verify()
    if (proof !== undefined) return proof
    if (performance.now() > end) throw new Error('it was not seen to fire')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
