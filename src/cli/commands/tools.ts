import { existsSync } from 'node:fs'
import { arch, homedir, platform } from 'node:os'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { thisProcess } from '../../chaos/load/this-process.ts'
import { readSha256, sha256In } from '../../chaos/tools/checksums.ts'
import { type InstallContext, type Installed, type InstallStep, install } from '../../chaos/tools/install.ts'
import { type Located, locate, type ToolHost } from '../../chaos/tools/locate.ts'
import { type Tool, toolNamed, tools } from '../../chaos/tools/tools.ts'
import { KfError } from '../../core/errors.ts'
import { table } from '../format.ts'
import { isPlain } from '../state.ts'
import type { CommandContext } from './table.ts'

type InstallFlags = {
  readonly release?: boolean
  readonly sha256?: string
  readonly lock?: string
  readonly json?: boolean
}

const buildWithinMs = 15 * 60_000
const downloadWithinMs = 10 * 60_000
const lockByDefault = 'tools.lock'

/** `kf tools install NAME… | list`: programs of others that kf starts, in a cache folder of their own. */
export function toolsCommand(context: CommandContext): Command {
  const { tools: texts } = context.texts
  const command = new Command('tools')
  command
    .command('install')
    .summary(texts.install)
    .description(texts.install)
    .argument('<names...>', texts.names)
    .option('--release', texts.release)
    .option('--sha256 <hex>', texts.sha256)
    .option('--lock <file>', texts.lock)
    .option('--json', texts.json)
    .action((names: readonly string[], flags: InstallFlags) => installAll(names, flags, context))
  command
    .command('list')
    .summary(texts.list)
    .description(texts.list)
    .option('--json', texts.json)
    .action((flags: { readonly json?: boolean }) => list(flags.json === true, context))
  return command.helpCommand(false)
}

/** The machine as the CLI sees it. */
export function toolHost({ state }: CommandContext): ToolHost {
  return { env: state.env, home: state.env['HOME'] ?? homedir(), platform: `${platform()}-${arch()}` }
}

async function installAll(
  names: readonly string[],
  flags: InstallFlags,
  context: CommandContext,
): Promise<void> {
  const { state, texts } = context
  const wanted = [...new Set(names)].map((name) => toolNamed(name))
  if (flags.sha256 !== undefined && wanted.length !== 1) {
    throw new KfError('usage', `--sha256 belongs to one tool, not to ${wanted.length}`, {
      hint: 'install them one by one, or use --lock',
    })
  }
  const stop = new AbortController()
  const forget = state.onSignal(() => {
    stop.abort()
  })
  const progress = progressOn(context)
  const installed: Installed[] = []
  try {
    for (const tool of wanted) {
      if (tool.name === 'k6') state.err.write(`${texts.tools.k6Licence}\n`)
      const made = await install(tool, installContext(flags, context, stop.signal, progress.step))
      progress.end()
      installed.push(made)
      if (flags.json !== true) state.out.write(outcomeText(tool, made, context))
    }
  } finally {
    progress.end()
    forget()
  }
  if (flags.json === true) state.out.write(`${JSON.stringify(installed, null, 2)}\n`)
}

function installContext(
  flags: InstallFlags,
  context: CommandContext,
  signal: AbortSignal,
  onStep: (step: InstallStep) => void,
): InstallContext {
  const { state } = context
  const sha256 = flags.sha256 === undefined ? undefined : readSha256(flags.sha256)
  const lock = resolve(state.cwd, flags.lock ?? lockByDefault)
  const hasLock = flags.lock !== undefined || existsSync(lock)
  return {
    ...toolHost(context),
    pid: thisProcess.pid,
    signal,
    fetch,
    buildWithinMs,
    downloadWithinMs,
    preferRelease: flags.release === true,
    sha256Of: (file) => sha256 ?? (hasLock ? sha256In(lock, file) : undefined),
    onStep,
    onLine: () => {},
  }
}

function outcomeText(tool: Tool, { found, version, path }: Installed, { texts }: CommandContext): string {
  const shown = version ?? texts.tools.unknownVersion
  if (!found) return `${texts.tools.installed(tool.name, shown, path)}\n`
  const other =
    version === tool.version ? '' : `${texts.tools.otherVersion(tool.name, tool.version, tool.variable)}\n`
  return `${texts.tools.found(tool.name, shown, path)}\n${other}`
}

// A line for each step, and on a terminal how long it has taken so far.
function progressOn({ state, texts }: CommandContext) {
  let timer: NodeJS.Timeout | undefined
  let from = 0
  const end = (): void => {
    if (timer === undefined) return
    clearInterval(timer)
    timer = undefined
    state.err.write('\r\x1b[K')
  }
  const step = (step: InstallStep): void => {
    const { name, version } = step.tool
    const text =
      step.t === 'build'
        ? texts.tools.building(name, version, step.go)
        : texts.tools.downloading(name, version, step.url)
    state.err.write(`${text}\n`)
    if (isPlain(state, state.err)) return
    from = state.sinceStartMs()
    timer = setInterval(() => {
      state.err.write(`\r${texts.tools.still(Math.round((state.sinceStartMs() - from) / 1_000))}\x1b[K`)
    }, 1_000)
  }
  return { step, end }
}

async function list(json: boolean, context: CommandContext): Promise<void> {
  const { state, texts } = context
  const host = toolHost(context)
  const found = await Promise.all(tools.map(async (tool) => ({ tool, located: await locate(tool, host) })))
  if (json) {
    state.out.write(`${JSON.stringify(found.map(jsonOf), null, 2)}\n`)
    return
  }
  const { name, version, pinned, where, licence, get } = texts.tools.columns
  const rows = found.map(({ tool, located }) => [
    tool.name,
    located === undefined ? '-' : (located.version ?? texts.tools.unknownVersion),
    tool.version,
    located === undefined ? texts.tools.absent : located.path,
    tool.licence,
    `kf tools install ${tool.name}`,
  ])
  state.out.write(table([[name, version, pinned, where, licence, get], ...rows], new Set()))
}

function jsonOf({ tool, located }: { readonly tool: Tool; readonly located: Located | undefined }) {
  return {
    name: tool.name,
    version: located?.version ?? null,
    made_for: tool.version,
    path: located?.path ?? null,
    where: located?.where ?? null,
    licence: tool.licence,
    get: `kf tools install ${tool.name}`,
  }
}
