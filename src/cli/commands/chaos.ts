import { Command } from 'commander'
import { chaosCheckCommand } from './chaos-check.ts'
import { chaosExplainCommand } from './chaos-explain.ts'
import { chaosFuzzCommand } from './chaos-fuzz.ts'
import { chaosHealCommand } from './chaos-heal.ts'
import { chaosListCommand } from './chaos-list.ts'
import { chaosReportCommand } from './chaos-report.ts'
import { chaosRunCommand } from './chaos-run.ts'
import { chaosValidateCommand } from './chaos-validate.ts'
import type { CommandContext } from './table.ts'

/** The subcommands, in the order of the help. */
const subcommands: readonly ((context: CommandContext) => Command)[] = [
  chaosListCommand,
  chaosExplainCommand,
  chaosValidateCommand,
  chaosRunCommand,
  chaosHealCommand,
  chaosFuzzCommand,
  chaosReportCommand,
  chaosCheckCommand,
]

/** `kf chaos …`: breaks a node on purpose, and checks every promise. */
export function chaosCommand(context: CommandContext): Command {
  const chaos = new Command('chaos').enablePositionalOptions()
  for (const subcommand of subcommands) chaos.addCommand(subcommand(context))
  return chaos.helpCommand(false)
}
