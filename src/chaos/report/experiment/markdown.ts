import type { ExperimentResult } from '../../experiment/result.ts'
import { duration, whole } from '../numbers.ts'
import type { ReportLanguage } from '../words.ts'
import { evidenceLine } from './evidence.ts'
import type { HistoryFacts } from './facts.ts'
import { headline, phaseCells, probeText, turnText } from './final.ts'
import { marks, seconds } from './page-tables.ts'
import { experimentPageWords } from './page-words.ts'
import { faultSpans } from './spans.ts'
import { experimentWords } from './words.ts'

/** The run for a repository: the verdict, phases, promises with their evidence, faults with exact times, and the command. */
export function experimentMarkdown(
  result: ExperimentResult,
  facts: HistoryFacts,
  language: ReportLanguage,
): string {
  const words = experimentWords[language]
  const page = experimentPageWords[language]
  const { experiment } = result
  const turn = turnText(result, words)
  const promises = result.verdicts.map(({ invariant, status, checked, violations, why }) => [
    `\`${invariant}\``,
    `${marks[status]} ${page.verdicts[status]}`,
    whole(checked),
    whole(violations),
    why ?? '',
  ])
  const evidence = result.verdicts.flatMap((verdict) =>
    verdict.evidence.map((one) => {
      const lines = evidenceLine(one, facts, words)
      return `- \`${verdict.invariant}\`: ${plain(one.text)}${lines === undefined ? '' : `  \n  \`${lines}\``}`
    }),
  )
  const faults = faultSpans(result, result.timeline.endsMs).map(({ record, state }) => [
    record.fault,
    record.on,
    seconds(record.injectedMs),
    seconds(record.verifiedMs),
    seconds(record.healedMs),
    page.states[state],
    record.proof ?? record.trouble ?? '-',
  ])
  const probes = result.probes.map(
    (probe) => `- ${probe.held ? '✓' : '✗'} ${plain(probe.name)}, ${plain(probeText(probe, result, words))}`,
  )
  const reasons = [...result.leftFaults, ...result.reasons].map((reason) => `- ${plain(reason)}`)
  const load = page.load(
    whole(experiment.workload.visitors),
    whole(experiment.workload.agents),
    String(experiment.workload.rate),
  )
  return `${[
    `# ${plain(experiment.name)}: ${plain(experiment.title)}`,
    `**${plain(headline(result, words))}**`,
    ...(reasons.length === 0 ? [] : [reasons.join('\n')]),
    markdownTable(words.phaseColumns, phaseCells(result, words)),
    ...(turn === '' ? [] : [turn.replace(/ {2,}/g, ', ')]),
    markdownTable([page.promise, page.verdict, page.checkedColumn, page.violations, ''], promises),
    ...(evidence.length === 0 ? [] : [evidence.join('\n')]),
    ...(faults.length === 0 ? [page.noFaults] : [markdownTable(page.faultColumns, faults)]),
    ...(probes.length === 0 ? [] : [probes.join('\n')]),
    [
      `- ${page.facts.command}: \`${result.command}\``,
      `- ${page.facts.started}: ${result.startedAt}, ${page.facts.took}: ${duration(result.tookMs / 1000)}, ${page.facts.seed}: ${experiment.seed}`,
      `- ${page.facts.load}: ${load}; ${page.facts.target}: ${plain(result.target)}; ${page.facts.machine}: ${plain(result.machine)}`,
    ].join('\n'),
  ].join('\n\n')}\n`
}

/** Cells may hold anything: a bar or a line's end would break the table. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => plain(cell).replaceAll('|', '\\|')).join(' | ')} |`
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Text for a line of Markdown: no line break, no HTML. */
export function plain(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/<(?=[a-z!/?])/gi, '&lt;')
}
