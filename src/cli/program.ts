import { Command, CommanderError } from 'commander'
import { KfError } from '../core/errors.ts'
import { didYouMean } from '../core/suggest.ts'
import { type CommandContext, commandNames, commandTable } from './commands/table.ts'
import { errorLines } from './errors.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { languageOf, loadTexts, type Texts } from './i18n/texts.ts'
import type { CliState } from './state.ts'
import { packageVersion } from './version.ts'

/** Runs one command line to its exit code. Prints every error itself and never rejects. */
export async function runCli(state: CliState): Promise<number> {
  const { argv, lang } = takeLanguage(state.argv)
  const texts = await loadTexts(languageOf(lang, state.env))
  try {
    const context: CommandContext = { state: { ...state, argv }, texts, exit: { code: exitCodes.done } }
    const program = await buildProgram(context, namedIn(argv))
    if (argv.length === 0) program.outputHelp()
    else await program.parseAsync(argv, { from: 'user' })
    return context.exit.code
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done
    const shown = error instanceof CommanderError ? usageError(error, argv, texts) : error
    state.err.write(errorLines(shown, texts, state.env['KF_DEBUG'] === '1'))
    return exitCodeOf(shown)
  }
}

/**
 * The whole command tree, with the code of the `wanted` commands only: the others are there by name, for help.
 * `wanted` undefined loads them all (completion).
 */
export async function buildProgram(context: CommandContext, wanted: string | undefined): Promise<Command> {
  const { texts, state } = context
  const program = prepare(new Command('kf'), context)
    .description(texts.help.summary)
    .version(packageVersion(), '-V, --version', texts.help.version)
    .option('--lang <zh|en>', texts.help.lang)
    .addHelpText('after', `\n${texts.help.footer}`)
    .helpCommand(false)
    // What follows a command's name is its own, down to subcommands that share a name of an option with it.
    .enablePositionalOptions()
  for (const entry of commandTable) {
    const command =
      wanted === undefined || wanted === entry.name
        ? await entry.load(context, () => buildProgram(context, undefined))
        : new Command(entry.name)
    program.addCommand(prepareAll(command.summary(entry.summary(texts)), context))
  }
  program.configureOutput({
    writeOut: state.out.write,
    writeErr: () => undefined,
  })
  return program
}

function namedIn(argv: readonly string[]): string {
  return argv.find((argument) => commandNames.includes(argument)) ?? ''
}

// `--lang` is understood anywhere, so no command has to declare it.
function takeLanguage(argv: readonly string[]): {
  readonly argv: readonly string[]
  readonly lang: string | undefined
} {
  const rest: string[] = []
  let lang: string | undefined
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? ''
    if (argument === '--') return { argv: [...rest, ...argv.slice(i)], lang }
    if (argument === '--lang' && argv[i + 1] !== undefined) lang = argv[++i]
    else if (argument.startsWith('--lang=')) lang = argument.slice('--lang='.length)
    else rest.push(argument)
  }
  return { argv: rest, lang }
}

function prepareAll(command: Command, context: CommandContext): Command {
  for (const child of command.commands) prepareAll(child, context)
  return prepare(command, context)
}

function prepare(command: Command, { texts, state }: CommandContext): Command {
  const titles: Readonly<Record<string, string>> = {
    'Usage:': texts.help.usage,
    'Arguments:': texts.help.arguments,
    'Options:': texts.help.options,
    'Commands:': texts.help.commands,
  }
  return command
    .exitOverride()
    .helpOption('-h, --help', texts.help.help)
    .configureHelp({
      helpWidth: Math.min(state.out.columns, 110),
      styleTitle: (title) => titles[title] ?? title,
      optionDescription: ({ description, defaultValue }) =>
        typeof defaultValue === 'string' || typeof defaultValue === 'number'
          ? `${description} (${texts.help.default} ${defaultValue})`
          : description,
    })
    .configureOutput({ writeOut: state.out.write, writeErr: () => undefined })
    .showSuggestionAfterError(true)
}

// commander's own sentences, said in kf's one line and language.
function usageError(error: CommanderError, argv: readonly string[], texts: Texts): KfError {
  const name = /'([^']+)'/.exec(error.message)?.[1] ?? ''
  const command = commandNames.find((known) => argv.includes(known))
  const help = texts.errors.seeHelp(command === undefined ? 'kf' : `kf ${command}`)
  const meant =
    /Did you mean (?:one of )?(.+?)\?/.exec(error.message)?.[1] ??
    (error.code === 'commander.unknownCommand' ? didYouMean(name, commandNames) : undefined)
  const hint = meant === undefined ? help : `${texts.errors.didYouMean(meant)} ${help}`
  return new KfError('usage', usageText(error, name, texts), { hint, cause: error })
}

function usageText(error: CommanderError, name: string, texts: Texts): string {
  switch (error.code) {
    case 'commander.unknownOption':
      return texts.errors.unknownOption(name)
    case 'commander.unknownCommand':
      return texts.errors.unknownCommand(name)
    case 'commander.missingArgument':
      return texts.errors.missingArgument(name)
    case 'commander.optionMissingArgument':
      return texts.errors.missingValue(name)
    case 'commander.excessArguments':
      return texts.errors.tooMany
    default:
      return error.message.replace(/^error: /, '').split('\n')[0] ?? ''
  }
}
