import type { Command } from 'commander'
import type { Texts } from '../i18n/texts.ts'
import type { CliState } from '../state.ts'

/** What every command gets. `exit.code` is the exit code when nothing is thrown. */
export type CommandContext = {
  readonly state: CliState
  readonly texts: Texts
  readonly exit: { code: number }
}

export type CommandEntry = {
  readonly name: string
  readonly summary: (texts: Texts) => string
  /** Loads the command's code. `all` builds the program with every command in it. */
  readonly load: (context: CommandContext, all: () => Promise<Command>) => Promise<Command>
}

/** All commands, in the order of the help. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'serve',
    summary: (texts) => texts.serve.summary,
    load: async (context) => (await import('./serve.ts')).serveCommand(context),
  },
  {
    name: 'agent',
    summary: (texts) => texts.agent.summary,
    load: async (context) => (await import('./agent.ts')).agentCommand(context),
  },
  {
    name: 'config',
    summary: (texts) => texts.config.summary,
    load: async (context) => (await import('./config.ts')).configCommand(context),
  },
  {
    name: 'bench',
    summary: (texts) => texts.bench.summary,
    load: async (context) => (await import('./bench.ts')).benchCommand(context),
  },
  {
    name: 'chaos',
    summary: (texts) => texts.chaos.summary,
    load: async (context) => (await import('./chaos.ts')).chaosCommand(context),
  },
  {
    name: 'tools',
    summary: (texts) => texts.tools.summary,
    load: async (context) => (await import('./tools.ts')).toolsCommand(context),
  },
  {
    name: 'doctor',
    summary: (texts) => texts.doctor.summary,
    load: async (context) => (await import('./doctor.ts')).doctorCommand(context),
  },
  {
    name: 'completion',
    summary: (texts) => texts.completion.summary,
    load: async (context, all) => (await import('./completion.ts')).completionCommand(context, all),
  },
]

export const commandNames: readonly string[] = commandTable.map((entry) => entry.name)
