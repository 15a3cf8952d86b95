import { resolve } from 'node:path'
import { Command } from 'commander'
import { createLog } from '../../core/log.ts'
import { loadConfig } from '../../server/config/load.ts'
import { defaultAdminListen, defaultData, defaultListen } from '../../server/config/server.ts'
import { formatAddress } from '../../server/config/values.ts'
import { type RunningNode, startNode } from '../../server/entry.ts'
import { bannerLines } from '../banner.ts'
import { exitCodes } from '../exit-codes.ts'
import { nodeLimits } from '../limits.ts'
import { packageVersion } from '../version.ts'
import type { CommandContext } from './table.ts'

type ServeFlags = {
  readonly data?: string
  readonly config?: string
  readonly listen?: string
  readonly adminListen?: string
  readonly workers?: string
  readonly publicUrl?: string
  readonly jsonReady?: boolean
  readonly stopWithStdin?: boolean
}

/** `kf serve`: runs until SIGINT or SIGTERM, or until its standard input ends when it was asked to. */
export function serveCommand(context: CommandContext): Command {
  const { serve: texts, help } = context.texts
  return new Command('serve')
    .option('--data <dir>', `${texts.data} (${help.default} ${defaultData})`)
    .option('--config <dir>', texts.config)
    .option('--listen <host:port>', `${texts.listen} (${help.default} ${formatAddress(defaultListen)})`)
    .option(
      '--admin-listen <host:port>',
      `${texts.adminListen} (${help.default} ${formatAddress(defaultAdminListen)})`,
    )
    .option('--workers <n>', texts.workers)
    .option('--public-url <url>', texts.publicUrl)
    .option('--json-ready', texts.jsonReady)
    .option('--stop-with-stdin', texts.stopWithStdin)
    .action((flags: ServeFlags) => serve(flags, context))
}

async function serve(flags: ServeFlags, { state, texts, exit }: CommandContext): Promise<void> {
  const limits = nodeLimits(state.cores)
  const files = await loadConfig({
    folder: flags.config,
    cwd: state.cwd,
    flags,
    workers: limits.choice.workers,
    variables: state.env,
  })
  const { config } = files
  // A terminal gets sentences; a journal or a file gets JSON, one object a line.
  const logFormat = state.err.isTerminal ? 'text' : 'json'
  const log = createLog({ name: 'supervisor', format: logFormat, now: Date.now, write: state.err.write })
  const stop = Promise.withResolvers<void>()
  const startAborted = new AbortController()
  let running: RunningNode | undefined
  let signals = 0
  const end = (): void => {
    signals += 1
    stop.resolve()
    startAborted.abort()
    if (signals > 1) running?.kill()
  }
  const forgetSignals = state.onSignal(end)
  const forgetInput = flags.stopWithStdin === true ? state.onInputEnd(end) : () => {}
  try {
    running = await startNode({ config, files, log, logFormat, signal: startAborted.signal })
    const dataFlag = config.data === resolve(state.cwd, defaultData) ? '' : ` --data ${config.data}`
    const readyMs = Math.round(state.sinceStartMs())
    state.out.write(
      flags.jsonReady === true
        ? `${JSON.stringify(readyRecord(running, config.data))}\n`
        : bannerLines({ node: running, config, limits, readyMs, version: packageVersion(), dataFlag }, texts),
    )
    await stop.promise
    log.info({}, texts.serve.draining)
    await running.stop()
    log.info({}, texts.serve.stopped)
    exit.code = exitCodes.done
  } finally {
    forgetSignals()
    forgetInput()
  }
}

/** What `--json-ready` prints: for programs that start kf. */
function readyRecord(node: RunningNode, data: string): unknown {
  const { site, owner } = node.bootstrap
  return {
    url: node.url,
    /** The address in use: with --public-url the URL is another one. */
    listen: formatAddress(node.address),
    admin: `http://${formatAddress(node.admin)}/`,
    admin_socket: node.adminSocket,
    data,
    pids: node.pids(),
    site: { id: site.id, key: site.key },
    ...(owner === undefined ? {} : { owner }),
  }
}
