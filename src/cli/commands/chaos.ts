import { Command } from 'commander'
import { chaosExplainCommand } from './chaos-explain.ts'
import { chaosFuzzCommand } from './chaos-fuzz.ts'
import { chaosListCommand } from './chaos-list.ts'
import { chaosValidateCommand } from './chaos-validate.ts'
import type { CommandContext } from './table.ts'

/** The subcommands, in the order of the help. */
const subcommands: readonly ((context: CommandContext) => Command)[] = [
  chaosListCommand,
  chaosExplainCommand,
  chaosValidateCommand,
  chaosFuzzCommand,
]

/** `kf chaos …`: breaks a node on purpose, and checks every promise. */
export function chaosCommand(context: CommandContext): Command {
  const chaos = new Command('chaos').enablePositionalOptions()
  for (const subcommand of subcommands) chaos.addCommand(subcommand(context))
  return chaos.helpCommand(false)
}
