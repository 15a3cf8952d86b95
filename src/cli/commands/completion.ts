import { Argument, Command } from 'commander'
import { type CompletionNode, completionScript } from '../completion.ts'
import type { CommandContext } from './table.ts'

/** `kf completion bash | zsh | fish`: prints a script made from the commands as they are. */
export function completionCommand(context: CommandContext, all: () => Promise<Command>): Command {
  const { state, texts } = context
  return new Command('completion')
    .addArgument(new Argument('<shell>', texts.completion.shell).choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      state.out.write(completionScript(shell, nodeOf(await all())))
    })
}

function nodeOf(command: Command): CompletionNode {
  return {
    name: command.name(),
    summary: command.summary(),
    options: [
      ...command.options.map((option) => ({
        flag: option.long ?? option.flags,
        summary: option.description,
      })),
      { flag: '--help', summary: '' },
    ],
    commands: command.commands.map(nodeOf),
    choices: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  }
}
