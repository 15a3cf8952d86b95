import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { whole } from '../../chaos/report/numbers.ts'
import { KfError, messageOf } from '../../core/errors.ts'
import { defaultData } from '../../server/config/server.ts'
import type { AdminResults } from '../../server/entry.ts'
import { administer } from '../admin-client.ts'
import type { CommandContext } from './table.ts'

type CleanFlags = {
  readonly data?: string
  readonly target?: string
  readonly tokenFile?: string
  readonly json?: boolean
}
type Cleaned = AdminResults['bench.clean']

/** Parts in a row that may take nothing away before the node is given up. */
const fruitless = 20

/** `kf bench clean`: removes the sealed bench site, asking the node for one part after the other. Interrupted, it goes on next time. */
export function benchCleanCommand(context: CommandContext): Command {
  const { clean: texts } = context.texts.bench
  const { help } = context.texts
  return new Command('clean')
    .summary(texts.summary)
    .description(texts.summary)
    .option('--data <dir>', `${texts.data} (${help.default} ${defaultData})`)
    .option('--target <url>', texts.target)
    .option('--token-file <file>', texts.tokenFile)
    .option('--json', texts.json)
    .action((flags: CleanFlags) => clean(flags, context))
}

async function clean(flags: CleanFlags, { state, texts }: CommandContext): Promise<void> {
  const { clean: words } = texts.bench
  const next = await asker(flags, state.cwd)
  const total = { site: null as string | null, closed: 0, removed: 0 }
  for (let idle = 0; ; ) {
    const part = await next()
    total.site ??= part.site
    total.closed += part.closed
    total.removed += part.removed
    if (part.done) break
    idle = part.closed + part.removed === 0 ? idle + 1 : 0
    if (idle >= fruitless) throw stuck()
    state.err.write(`${words.progress(whole(total.removed))}\n`)
  }
  if (flags.json === true) state.out.write(`${JSON.stringify(total)}\n`)
  else if (total.site === null) state.out.write(`${words.nothing}\n`)
  else state.out.write(`${words.done(whole(total.closed), whole(total.removed))}\n`)
}

async function asker({ data, target, tokenFile }: CleanFlags, cwd: string): Promise<() => Promise<Cleaned>> {
  if (target === undefined) {
    if (tokenFile !== undefined) {
      throw new KfError('usage', '--token-file belongs to --target', {
        hint: 'leave it out: the folder is enough',
      })
    }
    return async () =>
      (await administer(data ?? defaultData, cwd, { call: 'bench.clean', args: {} })) as Cleaned
  }
  if (data !== undefined) {
    throw new KfError('usage', '--data and --target name two nodes', { hint: 'give one of them' })
  }
  const url = URL.parse('admin/bench/clean', target.endsWith('/') ? target : `${target}/`)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new KfError('usage', `--target ${target}: an address like http://127.0.0.1:7001/ is needed`, {
      hint: 'kf serve prints its administrative address when it is ready',
    })
  }
  if (tokenFile === undefined) {
    throw new KfError('usage', `--target ${target} needs the token of that node`, {
      hint: 'give --token-file with admin.token of its data folder',
    })
  }
  const token = (await readFile(resolve(cwd, tokenFile), 'utf8')).trim()
  return () => post(url, token)
}

async function post(url: URL, token: string): Promise<Cleaned> {
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.timeout(30_000),
    })
  } catch (error) {
    throw new KfError('target_unreachable', `POST ${url.href}: ${messageOf(error)}`, {
      hint: 'is this the administrative address, and does the node run?',
      cause: error,
    })
  }
  const body = (await response.json().catch(() => null)) as
    | (Cleaned & {
        readonly error?: { readonly code: string; readonly message: string; readonly hint?: string }
      })
    | null
  if (response.ok && typeof body?.done === 'boolean') return body
  const { code, message, hint } = body?.error ?? {
    code: 'target_unreachable',
    message: `${url.href} answered ${response.status}`,
    hint: 'is this the administrative address of a kf that knows bench clean?',
  }
  throw new KfError(code, message, hint === undefined ? {} : { hint })
}

function stuck(): KfError {
  return new KfError(
    'unavailable',
    `the node took nothing away in ${fruitless} parts, and says there is more`,
    {
      hint: 'look into its log; the work goes on where it stopped',
    },
  )
}
