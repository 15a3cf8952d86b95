import { Command } from 'commander'
import { healLeftovers } from '../../chaos/fault/guard.ts'
import { thisProcess } from '../../chaos/load/this-process.ts'
import { exitCodes } from '../exit-codes.ts'
import { stateFolder } from './chaos-state-folder.ts'
import type { CommandContext } from './table.ts'
import { toolHost } from './tools.ts'

/** `kf chaos heal`: undoes what earlier runs left in their undo logs; exits 1 where something would not heal. */
export function chaosHealCommand(context: CommandContext): Command {
  const { heal: texts } = context.texts.chaos
  return new Command('heal')
    .summary(texts.summary)
    .description(texts.description)
    .option('--json', texts.json)
    .action((flags: { readonly json?: boolean }) => heal(flags.json === true, context))
}

async function heal(json: boolean, context: CommandContext): Promise<void> {
  const { state, texts, exit } = context
  const { healed, left } = await healLeftovers(stateFolder(toolHost(context)), thisProcess.pid)
  if (left.length > 0) exit.code = exitCodes.failed
  if (json) {
    state.out.write(`${JSON.stringify({ healed, left }, null, 2)}\n`)
    return
  }
  const { heal: words } = texts.chaos
  if (healed > 0) state.out.write(`${words.healed(healed)}\n`)
  if (left.length > 0)
    state.out.write(`${words.left(left.length)}\n${left.map((one) => `  ${one}\n`).join('')}`)
  if (healed === 0 && left.length === 0) state.out.write(`${words.nothing}\n`)
}
