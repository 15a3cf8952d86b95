import { Command } from 'commander'
import { defaultData } from '../../server/config/server.ts'
import { type AdminCall, type AdminResults, readAddAgent } from '../../server/entry.ts'
import { administer } from '../admin-client.ts'
import { table } from '../format.ts'
import type { CommandContext } from './table.ts'

type Common = { readonly data: string; readonly json?: boolean }
type AddFlags = Common & {
  readonly name?: string
  readonly capacity?: string
  readonly role?: string
  readonly site?: string
}

/** `kf agent add | list | reset-password`: on a running node over its socket, else on the store itself. */
export function agentCommand(context: CommandContext): Command {
  const { agent: texts } = context.texts
  const agent = new Command('agent')
  withCommon(agent.command('add').summary(texts.add).description(texts.add), context)
    .argument('<login>', texts.login)
    .option('--name <name>', texts.name)
    .option('--capacity <n>', texts.capacity)
    .option('--role <role>', texts.role)
    .option('--site <site>', texts.site)
    .action((login: string, flags: AddFlags) => add(login, flags, context))
  withCommon(agent.command('list').summary(texts.list).description(texts.list), context)
    .option('--site <site>', texts.site)
    .action((flags: Common & { readonly site?: string }) => list(flags, context))
  withCommon(agent.command('reset-password').summary(texts.reset).description(texts.reset), context)
    .argument('<login>', texts.login)
    .action((login: string, flags: Common) => reset(login, flags, context))
  return agent.helpCommand(false)
}

async function add(login: string, flags: AddFlags, context: CommandContext): Promise<void> {
  const { data, json, capacity, ...rest } = flags
  // The same reading as for a request over HTTP: what a flag cannot be, a field cannot be either.
  const args = await readAddAgent({
    login,
    ...rest,
    ...(capacity === undefined ? {} : { capacity: asNumber(capacity) }),
  })
  const result = await call(data, context, { call: 'agents.add', args })
  printLogin(result, json, context)
}

async function reset(login: string, { data, json }: Common, context: CommandContext): Promise<void> {
  const result = await call(data, context, { call: 'agents.reset_password', args: { login } })
  printLogin(result, json, context)
}

async function list(flags: Common & { readonly site?: string }, context: CommandContext): Promise<void> {
  const { state, texts } = context
  const args = flags.site === undefined ? {} : { site: flags.site }
  const agents = await call(flags.data, context, { call: 'agents.list', args })
  if (flags.json === true) {
    state.out.write(`${JSON.stringify(agents)}\n`)
    return
  }
  if (agents.length === 0) {
    state.out.write(`${texts.agent.none}\n`)
    return
  }
  const { login, name, role, capacity, load, status } = texts.agent.columns
  const rows = agents.map((agent) => [
    agent.login,
    agent.name,
    agent.role,
    String(agent.capacity),
    String(agent.load),
    agent.disabled ? texts.agent.disabled : agent.status,
  ])
  state.out.write(table([[login, name, role, capacity, load, status], ...rows], new Set([3, 4])))
}

function printLogin(
  result: AdminResults['agents.add'],
  json: boolean | undefined,
  { state, texts }: CommandContext,
): void {
  state.out.write(
    json === true ? `${JSON.stringify(result)}\n` : `${texts.agent.once(result.login, result.password)}\n`,
  )
}

async function call<Call extends AdminCall>(
  data: string,
  { state }: CommandContext,
  request: Call,
): Promise<AdminResults[Call['call']]> {
  return (await administer(data, state.cwd, request)) as AdminResults[Call['call']]
}

function withCommon(command: Command, { texts }: CommandContext): Command {
  return command.option('--data <dir>', texts.agent.data, defaultData).option('--json', texts.agent.json)
}

// What is no number stays text, for the reader to refuse by name.
function asNumber(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text
}
