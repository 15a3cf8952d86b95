import { Command } from 'commander'
import { defaultConfigFolder } from '../../server/config/folder.ts'
import { type ApplyFlags, apply, diff, type LiveFlags } from './config-apply.ts'
import { confirm, history, pull, rollback, show } from './config-live.ts'
import { init, validate } from './config-local.ts'
import { applyEach } from './config-watch.ts'
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
  live(config, 'apply', context)
    .option('--dry-run', texts.dryRun)
    .option('--message <text>', texts.message)
    .option('--confirm-within <time>', texts.confirmWithin)
    .option('-y, --yes', texts.yes)
    .option('--watch', texts.watch)
    .action((flags: ApplyFlags & { readonly watch?: boolean }) =>
      flags.watch === true ? applyEach(flags, context) : apply(flags, context),
    )
  live(config, 'diff', context).action((flags: LiveFlags) => diff(flags, context))
  live(config, 'confirm', context)
    .argument('<revision>', texts.revisionArgument)
    .action((revision: string, flags: LiveFlags) => confirm(revision, flags, context))
  live(config, 'rollback', context)
    .argument('<revision>', texts.revisionArgument)
    .option('--message <text>', texts.message)
    .option('--confirm-within <time>', texts.confirmWithin)
    .action((revision: string, flags: LiveFlags) => rollback(revision, flags, context))
  live(config, 'history', context)
    .option('--limit <n>', texts.limit, '20')
    .action((flags: Parameters<typeof history>[0]) => history(flags, context))
  live(config, 'show', context)
    .option('--effective', texts.effective)
    .action((flags: Parameters<typeof show>[0]) => show(flags, context))
  live(config, 'pull', context)
    .option('--force', texts.force)
    .action((flags: Parameters<typeof pull>[0]) => pull(flags, context))
  return config.helpCommand(false)
}

type Live = 'apply' | 'diff' | 'confirm' | 'rollback' | 'history' | 'show' | 'pull'

/** A command that speaks to a node. */
function live(config: Command, name: Live, { texts: { config: texts } }: CommandContext): Command {
  return config
    .command(name)
    .summary(texts[name])
    .description(texts[name])
    .option('--dir <dir>', texts.dir)
    .option('--server <url>', texts.server)
    .option('--token-file <file>', texts.tokenFile)
    .option('--ca <file>', texts.ca)
    .option('--data <dir>', texts.data)
    .option('--json', texts.json)
}
