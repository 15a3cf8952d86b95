import { existsSync } from 'node:fs'
import { availableParallelism, hostname } from 'node:os'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { descriptorLimit } from '../../chaos/load/machine.ts'
import { textOf } from '../../chaos/load/remote-connect.ts'
import { ownSameness } from '../../chaos/load/remote-sameness.ts'
import { makeToken, readToken } from '../../chaos/load/remote-secret.ts'
import { type LendingEvent, lendGenerators } from '../../chaos/load/remote-server.ts'
import type { SessionEnd } from '../../chaos/load/remote-session.ts'
import { thisProcess } from '../../chaos/load/this-process.ts'
import { KfError } from '../../core/errors.ts'
import { cryptoRandomBytes } from '../../core/ids.ts'
import type { Texts } from '../i18n/texts.ts'
import { packageVersion } from '../version.ts'
import { hostDefaults, readAddress } from './bench-hosts.ts'
import type { CommandContext } from './table.ts'

type AgentFlags = {
  readonly listen: string
  readonly tokenFile: string
  readonly beyondLoopback?: boolean
  readonly allowTarget?: string
  readonly adapter?: readonly string[]
  readonly json?: boolean
}

/** `kf bench agent`: lends this host's generators to a coordinator, until SIGINT or SIGTERM. */
export function benchAgentCommand(context: CommandContext): Command {
  const { agent: texts } = context.texts.bench
  return new Command('agent')
    .summary(texts.summary)
    .description(texts.description)
    .option('--listen <host:port>', texts.listen, hostDefaults.listen)
    .option('--token-file <file>', texts.tokenFile, hostDefaults.tokenFile)
    .option('--beyond-loopback', texts.beyondLoopback)
    .option('--allow-target <host,…>', texts.allowTarget)
    .option('--adapter <file...>', texts.adapter)
    .option('--json', texts.json)
    .action((flags: AgentFlags) => lend(flags, context))
}

async function lend(flags: AgentFlags, { state, texts }: CommandContext): Promise<void> {
  const { agent: words } = texts.bench
  const listen = readAddress('--listen', flags.listen, flags.beyondLoopback === true)
  const adapters = (flags.adapter ?? []).map((file) => resolve(state.cwd, file))
  const missing = adapters.find((path) => !existsSync(path))
  if (missing !== undefined) {
    throw new KfError('host_no_adapter', `--adapter: there is no file ${missing}`, {
      hint: 'give the path of an adapter',
      params: { path: missing },
    })
  }
  const tokenFile = resolve(state.cwd, flags.tokenFile)
  const made = makeToken(tokenFile, cryptoRandomBytes)
  const stop = Promise.withResolvers<void>()
  const forget = state.onSignal(() => {
    stop.resolve()
  })
  try {
    const host = await lendGenerators({
      listen,
      key: readToken(tokenFile),
      targets: flags.allowTarget?.split(',').map((target) => target.trim()) ?? [],
      adapters,
      hrtime: thisProcess.hrtime,
      onEvent: (event) => {
        state.err.write(`kf: ${eventText(event, texts)}\n`)
      },
      facts: {
        version: packageVersion(),
        name: hostname(),
        cores: availableParallelism(),
        descriptors: descriptorLimit(),
        pid: thisProcess.pid,
        sameness: ownSameness(Buffer.from(cryptoRandomBytes(16)).toString('hex')),
      },
    })
    const address = textOf({ host: listen.host, port: host.port })
    if (flags.json === true) {
      state.out.write(`${JSON.stringify({ address, token_file: tokenFile, token_made: made })}\n`)
    } else {
      if (made) state.out.write(`${words.tokenMade(flags.tokenFile)}\n`)
      state.out.write(`${words.ready(address)}\n`)
    }
    await stop.promise
    await host.stop()
  } finally {
    forget()
  }
}

function eventText(event: LendingEvent, texts: Texts): string {
  const { events } = texts.bench.agent
  if (event.t === 'lent') return events.lent(event.who)
  if (event.t === 'busy') return events.busy(event.who, event.lentTo)
  return event.t === 'stranger'
    ? events.stranger(event.who, event.said)
    : events.free(endText(event.end, texts))
}

function endText(end: SessionEnd, texts: Texts): string {
  const { ends } = texts.bench.agent
  if (end.why === 'connection') return end.said
  if (end.why === 'silent') return ends.silent(end.ms)
  if (end.why !== 'refused') return ends[end.why]
  const { code, message, params } = end.trouble
  const said = texts.errors.byCode[code]?.((name) => String(params[name] ?? ends.thisHost))
  return ends.refused(said?.what ?? message)
}
