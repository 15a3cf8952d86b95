import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { KfError, messageOf } from '../../core/errors.ts'
import type { Adapter, PeerRunning, PeerTarget } from './adapter.ts'
import { problemsOfAdapter, problemsOfRunning } from './check-adapter.ts'
import type { RunningTarget, Target } from './target.ts'
import { within as settled } from './within.ts'

/** How long an adapter may take, in milliseconds. */
export type AdapterDeadlines = { readonly load: number; readonly start: number; readonly stop: number }

const byDefault: AdapterDeadlines = { load: 10_000, start: 60_000, stop: 15_000 }

/** True when `--target TEXT` names a file: `module:PATH`, or a path with a slash or the ending of a module. */
export function namesAdapter(text: string): boolean {
  return text.startsWith(prefix) || (!/^\w+:\/\//.test(text) && /[/\\]|\.[cm]?[jt]s$/.test(text))
}

/** The adapter in the file that `text` names, relative to `folder`, as a target. Throws `adapter`, saying all that is wrong. */
export async function adapterTarget(
  text: string,
  folder: string,
  within: AdapterDeadlines = byDefault,
): Promise<Target> {
  const path = resolve(folder, text.startsWith(prefix) ? text.slice(prefix.length) : text)
  if (!existsSync(path)) {
    throw new KfError('adapter', `--target ${text}: there is no file ${path}`, {
      hint: 'give the path of an adapter, a module that exports `target` and `dialect` (docs/targets.md)',
    })
  }
  const url = pathToFileURL(path).href
  const { target, dialect } = await importAdapter(url, within.load)
  return {
    name: target.name,
    dialect: url,
    bare: false,
    delivers: dialect.delivers,
    stores: dialect.stores,
    start: async (demand) => complete(target.name, await started(target, demand, within), within),
  }
}

/** Imports the adapter at a file URL. Throws `adapter` when it cannot be loaded in time or is none. */
export async function importAdapter(url: string, withinMs = byDefault.load): Promise<Adapter> {
  let module: unknown
  try {
    module = await settled(import(url) as Promise<unknown>, withinMs, () => {
      return new Error(`it was not loaded within ${withinMs} ms: does it wait at its top level?`)
    })
  } catch (error) {
    throw new KfError('adapter', `the adapter ${nameOf(url)} could not be loaded: ${messageOf(error)}`, {
      cause: error,
      hint: 'try it alone: node THE-FILE should end without an error',
    })
  }
  const problems = problemsOfAdapter(module)
  if (problems.length > 0) {
    throw new KfError('adapter', `${nameOf(url)} is no adapter: ${problems.join('; ')}`, { hint })
  }
  return module as Adapter
}

const prefix = 'module:'
const hint = 'docs/targets.md describes what an adapter exports'

async function started(
  target: PeerTarget,
  demand: Parameters<PeerTarget['start']>[0],
  within: AdapterDeadlines,
): Promise<PeerRunning> {
  const starting = (async () => target.start(demand))()
  let running: PeerRunning
  try {
    running = await settled(starting, within.start, () => {
      return new KfError('target_start', `${target.name} did not start within ${within.start} ms`, {
        hint: '`start` of its adapter never settled; bound its waits',
      })
    })
  } catch (error) {
    // One that comes up after all is taken down again.
    starting.then((late) => late.stop()).catch(() => {})
    if (error instanceof KfError) throw error
    throw new KfError('target_start', `${target.name} did not start: ${messageOf(error)}`, { cause: error })
  }
  const problems = problemsOfRunning(running)
  if (problems.length === 0) return running
  if (typeof running?.stop === 'function') await stopped(target.name, running, within)
  throw new KfError(
    'adapter',
    `\`start\` of ${target.name} resolved to no running target: ${problems.join('; ')}`,
    {
      hint,
    },
  )
}

function complete(name: string, running: PeerRunning, within: AdapterDeadlines): RunningTarget {
  return {
    addresses: running.addresses,
    site: running.site ?? '',
    agentTokens: running.agentTokens ?? [],
    pids: running.pids ?? [],
    dataFolder: running.dataFolder,
    ended: () => running.ended?.(),
    log: () => running.log?.() ?? '',
    stop: () => stopped(name, running, within),
  }
}

async function stopped(name: string, running: PeerRunning, within: AdapterDeadlines): Promise<void> {
  await settled((async () => running.stop())(), within.stop, () => {
    return new KfError('target_stop', `${name} did not stop within ${within.stop} ms`, {
      hint: '`stop` of its adapter never settled; look for processes that it left',
    })
  })
}

function nameOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname)
}
