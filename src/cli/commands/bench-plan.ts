import { realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BenchPlan } from '../../chaos/load/bench.ts'
import type { LoadMode } from '../../chaos/load/ipc.ts'
import { fileSystemOf } from '../../chaos/load/machine.ts'
import { measureDisk } from '../../chaos/load/preflight.ts'
import { attachedKf } from '../../chaos/targets/attached.ts'
import { echoTarget, relayTarget } from '../../chaos/targets/bare.ts'
import { ownKf } from '../../chaos/targets/kf.ts'
import { adapterTarget, namesAdapter } from '../../chaos/targets/load-adapter.ts'
import { onLoopback } from '../../chaos/targets/loopback.ts'
import type { Target } from '../../chaos/targets/target.ts'
import { KfError } from '../../core/errors.ts'
import { didYouMean } from '../../core/suggest.ts'
import type { CliState } from '../state.ts'

/** The options of `kf bench` as commander hands them over. */
export type BenchFlags = {
  readonly concurrency: string
  readonly mode: string
  readonly rate?: string
  readonly duration?: string
  readonly warmup?: string
  readonly seed?: string
  readonly target?: string
  readonly site?: string
  readonly data?: string
  readonly agents?: string
  readonly workers?: string
  readonly generators?: string
  readonly yesReally?: boolean
  readonly agentReplies: boolean
  readonly json?: boolean
  readonly out: string
}

export const benchDefaults = {
  concurrency: '5000,10000,20000',
  mode: 'open',
  rate: 0.5,
  seed: 7,
  out: 'reports',
  open: { durationS: 60, warmupS: 5 },
  closed: { durationS: 15, warmupS: 5 },
} as const

/** The peer that `--target FILE` names; undefined where it names none. Throws `adapter`. */
export async function readAdapter(flags: BenchFlags, state: CliState): Promise<Target | undefined> {
  const { target: named, yesReally } = flags
  if (named === undefined || !namesAdapter(named)) return undefined
  const target = await adapterTarget(named, state.cwd)
  return yesReally === true ? target : onLoopback(target)
}

/**
 * Checks every option and decides what is measured; `adapter` is what `readAdapter` found. Throws `usage` for an option that
 * makes no sense, with its bounds.
 */
export function readPlan(flags: BenchFlags, state: CliState, adapter?: Target): BenchPlan {
  const mode = readMode(flags.mode)
  if (mode === 'closed' && flags.rate !== undefined) {
    throw new KfError(
      'usage',
      '--rate means nothing in closed mode: each visitor sends when the last message was acked',
      {
        hint: 'leave it out, or use --mode open',
      },
    )
  }
  const { target, ownServer, disk } = readTarget(flags, state, adapter)
  const whole = (name: string, text: string | undefined, min: number, max: number): number | undefined =>
    text === undefined ? undefined : readNumber(name, text, min, max, true)
  return {
    target,
    ownServer,
    disk,
    mode,
    concurrency: readConcurrency(flags.concurrency),
    rate:
      flags.rate === undefined ? benchDefaults.rate : readNumber('--rate', flags.rate, 0.001, 1_000, false),
    durationMs: (whole('--duration', flags.duration, 1, 86_400) ?? benchDefaults[mode].durationS) * 1000,
    warmupMs: (whole('--warmup', flags.warmup, 0, 3_600) ?? benchDefaults[mode].warmupS) * 1000,
    seed: whole('--seed', flags.seed, 0, 2 ** 32 - 1) ?? benchDefaults.seed,
    agents: whole('--agents', flags.agents, 1, 5_000),
    workers: whole('--workers', flags.workers, 1, 256),
    generators: whole('--generators', flags.generators, 1, 200),
    answers: flags.agentReplies,
  }
}

/** The command that repeats a run: what was typed, and the seed if it was not. */
export function repeatCommand(argv: readonly string[], seed: number): string {
  const typed = argv.map((word) =>
    /^[\w./:,=@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  )
  const seeded = argv.some((word) => word === '--seed' || word.startsWith('--seed='))
  return ['kf', ...typed, ...(seeded ? [] : ['--seed', String(seed)])].join(' ')
}

function readTarget(
  flags: BenchFlags,
  state: CliState,
  adapter: Target | undefined,
): Pick<BenchPlan, 'target' | 'ownServer' | 'disk'> {
  const { target: named } = flags
  if (named !== undefined && /^\w+:\/\//.test(named)) {
    return {
      target: attachedKf({
        url: named,
        site: flags.site,
        data: flags.data,
        beyondLoopback: flags.yesReally === true,
      }),
      ownServer: false,
      disk: null,
    }
  }
  for (const name of ['site', 'data'] as const) {
    if (flags[name] !== undefined)
      throw new KfError('usage', `--${name} belongs to a --target with an address`, {
        hint: `leave --${name} out`,
      })
  }
  if (adapter !== undefined) return { target: adapter, ownServer: true, disk: null }
  if (named === 'echo') return { target: echoTarget, ownServer: true, disk: null }
  if (named === 'relay') return { target: relayTarget, ownServer: true, disk: null }
  if (named !== undefined && named !== 'kf') {
    const meant = didYouMean(named, ['kf', 'echo', 'relay'])
    throw new KfError(
      'usage',
      `--target ${named}: kf, echo, relay, an address or an adapter's file is needed`,
      {
        hint: meant === undefined ? 'for example --target http://127.0.0.1:7000/' : `did you mean ${meant}?`,
      },
    )
  }
  const dataRoot = diskFolder(state)
  const launcher = fileURLToPath(new URL('../../../bin/kf', import.meta.url))
  return {
    target: ownKf({ serve: [state.node.path, launcher, 'serve'], dataRoot }),
    ownServer: true,
    disk: measureDisk(dataRoot, state.sinceStartMs),
  }
}

// The folder for temporary files is often in memory, where syncs are free: then the current folder.
function diskFolder(state: CliState): string {
  const temporary = realpathSync(tmpdir())
  const type = fileSystemOf(temporary)
  return type === 'tmpfs' || type === 'ramfs' ? realpathSync(join(state.cwd)) : temporary
}

function readMode(text: string): LoadMode {
  if (text === 'open' || text === 'closed') return text
  throw new KfError('usage', `--mode ${text}: open or closed is needed`, { hint: '--mode open' })
}

function readConcurrency(text: string): readonly number[] {
  return text.split(',').map((part) => readNumber('--concurrency', part.trim(), 1, 1_000_000, true))
}

function readNumber(name: string, text: string, min: number, max: number, integer: boolean): number {
  const value = text === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value) && value >= min && value <= max && (!integer || Number.isInteger(value)))
    return value
  const kind = integer ? 'a whole number' : 'a number'
  throw new KfError('usage', `${name} ${text}: ${kind} from ${min} to ${max} is needed`, {
    hint: `kf bench --help`,
  })
}
