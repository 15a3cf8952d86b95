import { Argument, Command } from 'commander'
import { type CompletionNode, completionScript } from '../completion.ts'
import { offeredFor } from '../offered.ts'
import type { CommandContext } from './table.ts'

/** `kf completion bash | zsh | fish`: prints a script made from the commands as they are. */
export function completionCommand(context: CommandContext, all: () => Promise<Command>): Command {
  const { state, texts } = context
  return new Command('completion')
    .addArgument(new Argument('<shell>', texts.completion.shell).choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      state.out.write(completionScript(shell, await nodeOf(await all())))
    })
}

async function nodeOf(command: Command): Promise<CompletionNode> {
  const choices = await Promise.all(command.registeredArguments.map(offeredFor))
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
    commands: await Promise.all(command.commands.map(nodeOf)),
    choices: choices.flat(),
  }
}
