import { displayWidth, padEnd, padStart } from '../../../core/display-width.ts'
import { mebibytes, milliseconds, share, whole } from '../numbers.ts'
import type { ReportLanguage } from '../words.ts'
import { type Compared, type Comparison, confident, type Judgement, type MetricName } from './compare.ts'

export type CompareWords = {
  readonly worse: string
  readonly notWorse: string
  readonly runs: (before: number, after: number) => string
  readonly one: string
  readonly few: string
  readonly visitors: (count: string) => string
  readonly columns: readonly [string, string, string, string, string, string]
  readonly metrics: { readonly [name in MetricName]: string }
  readonly judgement: { readonly [judgement in Judgement]: string }
  readonly forced: string
  /** What stands only on the page. */
  readonly page: {
    readonly title: string
    readonly before: string
    readonly after: string
    readonly metric: string
    readonly drawn: string
    readonly judged: string
    readonly judgement: { readonly [judgement in Judgement]: string }
    readonly legend: string
    readonly made: string
  }
}

export const compareWords: { readonly [language in ReportLanguage]: CompareWords } = {
  en: {
    worse: 'WORSE',
    notWorse: 'NOT WORSE',
    runs: (before, after) => `${before} ${before === 1 ? 'run' : 'runs'} before, ${after} after`,
    one: 'one run on each side: no interval can be given, the bounds alone decide',
    few: 'too few runs for an interval that decides (3 on each side give 90 %): the bounds alone decide',
    visitors: (count) => `${count} visitors`,
    columns: ['before', 'after', 'ratio', 'interval', 'bound', ''],
    metrics: {
      avg_ms: 'avg response time',
      p50_ms: 'p50',
      p95_ms: 'p95',
      p99_ms: 'p99',
      p999_ms: 'p99.9',
      delivered_p99_ms: 'delivered p99',
      messages_per_s: 'msgs/s',
      cpu_us_per_message: 'server CPU per message',
      server_rss_bytes: 'server RSS',
      error_rate: 'error rate',
      lost: 'lost',
      duplicated: 'doubled',
      out_of_order: 'out of order',
    },
    judgement: { better: 'better', same: 'same', worse: 'WORSE', unclear: 'unclear: repeat more often' },
    forced: 'compared although',
    page: {
      title: 'kf bench compare',
      before: 'before',
      after: 'after',
      metric: 'metric',
      drawn: 'ratio, from ½ to 2',
      judged: 'judgement',
      judgement: { better: 'better', same: 'same', worse: 'WORSE', unclear: 'unclear' },
      legend:
        'Ratio: after ÷ before. The point is the estimate, the line its interval; what lies in the shaded part is worse than the bound allows. Unclear: the interval reaches into it; more repeats decide.',
      made: 'Made by',
    },
  },
  zh: {
    worse: '变差',
    notWorse: '没有变差',
    runs: (before, after) => `之前 ${before} 次运行，之后 ${after} 次`,
    one: '每方只有一次运行：给不出区间，只按上限判定',
    few: '运行次数太少，区间不足以判定（每方 3 次可得 90 %）：只按上限判定',
    visitors: (count) => `${count} 位访客`,
    columns: ['之前', '之后', '比值', '区间', '上限', ''],
    metrics: {
      avg_ms: '平均响应时间',
      p50_ms: 'P50',
      p95_ms: 'P95',
      p99_ms: 'P99',
      p999_ms: 'P99.9',
      delivered_p99_ms: '送达 P99',
      messages_per_s: '消息/秒',
      cpu_us_per_message: '每条消息的服务器 CPU',
      server_rss_bytes: '服务器内存',
      error_rate: '错误率',
      lost: '丢失',
      duplicated: '重复',
      out_of_order: '乱序',
    },
    judgement: { better: '变好', same: '相同', worse: '变差', unclear: '不明确：请增加重复次数' },
    forced: '仍然比较，尽管',
    page: {
      title: 'kf bench compare 比较',
      before: '之前',
      after: '之后',
      metric: '指标',
      drawn: '比值，从 ½ 到 2',
      judged: '判定',
      judgement: { better: '变好', same: '相同', worse: '变差', unclear: '不明确' },
      legend:
        '比值：之后 ÷ 之前。点是估计值，线是它的区间；阴影部分表示比上限允许的更差。不明确：区间伸入了阴影，需要更多次重复。',
      made: '生成命令：',
    },
  },
}

/** The comparison as lines: the verdict, what it rests on, then a table for each row. */
export function comparisonLines(comparison: Comparison, language: ReportLanguage): readonly string[] {
  const words = compareWords[language]
  const { before, after, forced, rows, worse } = comparison
  const note = restsOn(comparison, language)
  return [
    `${worse ? words.worse : words.notWorse}  ${before.name} -> ${after.name}   ${words.runs(before.runs, after.runs)}`,
    ...(note === undefined ? [] : [` ${note}`]),
    ...forced.map((obstacle) => ` ! ${words.forced} ${obstacle}`),
    ...rows.flatMap((row) => [
      '',
      ...table([
        [words.visitors(whole(row.concurrency)), ...words.columns],
        ...row.metrics.map((metric) => comparedCells(metric, words)),
      ]),
    ]),
  ]
}

/** What the judgement rests on where no interval decides; undefined where one does. */
export function restsOn({ rows }: Comparison, language: ReportLanguage): string | undefined {
  const words = compareWords[language]
  const confidences = rows.flatMap((row) => row.metrics.map(({ confidence }) => confidence ?? 0))
  const most = Math.max(0, ...confidences)
  if (most >= confident - 1e-9) return undefined
  return most === 0 ? words.one : words.few
}

/** Metric, before, after, ratio, interval, bound, judgement. */
export function comparedCells(
  compared: Compared,
  words: CompareWords,
): readonly [string, string, string, string, string, string, string] {
  const { metric, ratio, low, high, confidence, judgement } = compared
  const interval =
    low === null || high === null || confidence === null
      ? '-'
      : `${low.toFixed(2)} … ${high.toFixed(2)} (${Math.floor(confidence * 100 + 1e-6)} %)`
  return [
    words.metrics[metric],
    value(metric, compared.before),
    value(metric, compared.after),
    ratio === null ? '-' : ratio.toFixed(2),
    interval,
    boundText(compared),
    words.judgement[judgement],
  ]
}

// Which way is bad stands in the bound itself.
function boundText({ metric, bound }: Compared): string {
  if (metric === 'error_rate') return `<= +${share(bound)}`
  if (metric === 'lost' || metric === 'duplicated' || metric === 'out_of_order') return '<= +0'
  return metric === 'messages_per_s' ? `>= ${(1 / (1 + bound)).toFixed(2)}` : `<= ${(1 + bound).toFixed(2)}`
}

function value(metric: MetricName, figure: number): string {
  if (metric === 'error_rate') return share(figure)
  if (metric === 'server_rss_bytes') return mebibytes(figure)
  if (metric === 'cpu_us_per_message') return `${figure.toFixed(1)} µs`
  return metric.endsWith('_ms') ? milliseconds(figure) : whole(figure)
}

function table(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = (lines[0] ?? []).map((_, i) => Math.max(...lines.map((line) => displayWidth(line[i] ?? ''))))
  const last = widths.length - 1
  return lines.map((line) =>
    ` ${line
      .map((cell, i) =>
        i === 0 || i === last ? padEnd(cell, widths[i] ?? 0) : padStart(cell, widths[i] ?? 0),
      )
      .join('  ')}`.trimEnd(),
  )
}
