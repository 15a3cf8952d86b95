import { Command } from 'commander'
import { ownExperiments, shippedExperiments } from '../../chaos/experiment/shipped.ts'
import type { FaultKind } from '../../chaos/fault/fault.ts'
import { faultKinds } from '../../chaos/fault/kinds.ts'
import { padEnd } from '../../core/display-width.ts'
import { languageOf } from '../i18n/texts.ts'
import type { CommandContext } from './table.ts'

/** `kf chaos list`: scenarios with their questions, then all faults; those that need more than Toxiproxy stand apart. */
export function chaosListCommand(context: CommandContext): Command {
  const { list: texts, json } = context.texts.chaosScenarios
  return new Command('list')
    .summary(texts.summary)
    .description(texts.summary)
    .option('--json', json)
    .action((flags: { readonly json?: boolean }) => list(flags.json === true, context))
}

async function list(json: boolean, { state, texts }: CommandContext): Promise<void> {
  const [shipped, own] = [await shippedExperiments(), await ownExperiments(state.cwd)]
  const kinds = [...faultKinds.values()]
  if (json) {
    const scenarios = shipped.map(({ name, title, tags }) => ({ name, title, tags }))
    state.out.write(`${JSON.stringify({ scenarios, own, faults: kinds.map(jsonOf) }, null, 2)}\n`)
    return
  }
  const { list: words } = texts.chaosScenarios
  const language = languageOf(texts.language, {})
  const line = (kind: FaultKind): readonly [string, string] => {
    const others = othersOf(kind)
    const needs = others.length === 0 ? '' : `   ${words.needs(others.join(', '))}`
    return [kind.name, `${kind.describe[language]}${needs}`]
  }
  const apart = kinds.filter((kind) => othersOf(kind).length > 0)
  state.out.write(
    [
      ...section(
        words.scenarios,
        shipped.map(({ name, title }) => [name, title]),
      ),
      ...section(
        words.own,
        own.map(({ name, title }) => [name, title ?? words.broken]),
      ),
      ...section(words.faults, kinds.filter((kind) => !apart.includes(kind)).map(line)),
      ...section(words.needing, apart.map(line)),
      words.next,
    ]
      .map((text) => `${text}\n`)
      .join(''),
  )
}

/** What it needs besides Toxiproxy, which every run needs. */
function othersOf({ needs }: FaultKind): readonly string[] {
  return needs.filter((program) => program !== 'toxiproxy')
}

function section(title: string, rows: readonly (readonly [string, string])[]): readonly string[] {
  if (rows.length === 0) return []
  const width = Math.max(...rows.map(([name]) => name.length))
  return [title, ...rows.map(([name, text]) => `  ${padEnd(name, width)}  ${text}`), '']
}

function jsonOf({ name, describe, on, needs, momentary }: FaultKind) {
  return { name, describe, on, needs, momentary }
}
