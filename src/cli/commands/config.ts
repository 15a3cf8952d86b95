import { Command } from 'commander'
import { defaultConfigFolder } from '../../server/config/folder.ts'
import { init, validate } from './config-local.ts'
import type { CommandContext } from './table.ts'

/** `kf config …`: files of this folder, and the live configuration of a node. */
export function configCommand(context: CommandContext): Command {
  const { config: texts } = context.texts
  const config = new Command('config')
  config
    .command('init')
    .summary(texts.init)
    .description(texts.init)
    .option('--dir <dir>', texts.dir, defaultConfigFolder)
    .action((flags: { readonly dir: string }) => {
      init(flags, context)
    })
  config
    .command('validate')
    .summary(texts.validate)
    .description(texts.validate)
    .argument('[dir]', texts.dirArgument)
    .option('--json', texts.json)
    .action((dir: string | undefined, flags: { readonly json?: boolean }) => validate(dir, flags, context))
  return config.helpCommand(false)
}
