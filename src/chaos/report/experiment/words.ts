import type { HistoryEntry } from '../../check/history.ts'
import type { Measure, PhaseName } from '../../experiment/experiment.ts'
import type { ExperimentResult } from '../../experiment/result.ts'
import { milliseconds, whole } from '../numbers.ts'
import type { ReportLanguage } from '../words.ts'
import { entryEn, entryZh } from './entry-words.ts'

/** Words of the chaos harness's screens and texts; both dictionaries have the same keys. */
export type ExperimentWords = {
  readonly language: ReportLanguage
  readonly status: { readonly [status in ExperimentResult['status']]: string }
  readonly kept: (kept: number, all: number) => string
  readonly healed: (left: number) => string
  readonly leftFault: string
  readonly phaseColumns: readonly [string, string, string, string, string]
  readonly phases: { readonly [phase in PhaseName | 'calm']: string }
  readonly detect: string
  readonly recover: string
  readonly notSeen: string
  readonly bound: (value: string) => string
  readonly violated: (violations: string, checked: string) => string
  readonly more: (count: string) => string
  readonly unknown: string
  readonly others: (count: number, all: boolean) => string
  readonly readBack: string
  readonly checked: (count: string) => string
  readonly listAll: string
  readonly probesHeld: (count: number) => string
  readonly probe: string
  readonly measures: { readonly [measure in Measure]: string }
  readonly again: string
  readonly report: string
  readonly seed: string
  readonly entry: (entry: HistoryEntry) => string
  readonly live: LiveWords
}

/** Of the live view and its plain lines. */
export type LiveWords = {
  readonly separator: string
  readonly heals: string
  readonly healing: string
  readonly stillHealing: string
  readonly acks: string
  readonly visitors: string
  readonly agents: string
  readonly unknown: string
  readonly queue: string
  readonly active: string
  readonly none: string
  readonly verified: string
  readonly unverified: string
  readonly healsAt: (at: string) => string
  readonly guardArmed: string
  readonly guardOpen: string
  readonly checks: string
  readonly noViolation: string
  readonly violations: (count: string) => string
  readonly errors: string
  /** By what a run says of itself (`ExperimentEvents.step`). */
  readonly steps: Readonly<Record<string, string>>
  readonly fault: {
    readonly [event in 'inject' | 'verified' | 'unverified' | 'healed' | 'heal-failed']: string
  }
}

export const experimentWords: { readonly [language in ReportLanguage]: ExperimentWords } = {
  en: {
    language: 'en',
    status: { pass: 'PASS', fail: 'FAIL', unknown: 'UNKNOWN', aborted: 'ABORTED' },
    kept: (kept, all) => `${kept} of ${all} promises kept`,
    healed: (left) => `healed ${left === 0 ? '✓' : '✗'} ${left} ${left === 1 ? 'fault' : 'faults'} left`,
    leftFault: 'left unhealed',
    phaseColumns: ['phase', 'concurrency', 'avg response', 'error rate', 'p99'],
    phases: { baseline: 'baseline', fault: 'fault', calm: 'calm', recovery: 'recovery' },
    detect: 'detect',
    recover: 'recover',
    notSeen: 'not seen',
    bound: (value) => `(bound ${value})`,
    violated: (violations, checked) => `${violations} of ${checked}`,
    more: (count) => `and ${count} more: index.html shows them`,
    unknown: 'UNKNOWN, counts as not passed',
    others: (count, all) => (all ? `all ${count}` : `${count} ${count === 1 ? 'other' : 'others'}`),
    readBack: 'read back',
    checked: (count) => `${count} checked`,
    listAll: 'list all: --verbose',
    probesHeld: (count) => `${count} ${count === 1 ? 'probe' : 'probes'} held`,
    probe: 'probe',
    measures: {
      error_rate: 'error rate',
      avg_ms: 'avg',
      p99_ms: 'p99',
      connected: 'connected',
      acks_per_s: 'acks/s',
      ready: 'ready',
      rss_bytes: 'RSS',
    },
    again: 'again',
    report: 'report',
    seed: 'seed',
    entry: entryEn,
    live: {
      separator: ', ',
      heals: 'Ctrl-C heals',
      healing: 'healing; a report follows',
      stillHealing: 'still healing: wait for it. The guard heals too, even if this process dies',
      acks: 'acks/s',
      visitors: 'visitors',
      agents: 'agents',
      unknown: 'unknown',
      queue: 'queue',
      active: 'active',
      none: 'none',
      verified: 'verified',
      unverified: 'not seen to fire yet',
      healsAt: (at) => `heals at ${at}`,
      guardArmed: 'guard armed, undo log synced',
      guardOpen: 'undo log not synced',
      checks: 'checks',
      noViolation: 'no violation seen; verdict needs the read-back',
      violations: (count) => `${count} ${count === '1' ? 'violation' : 'violations'} seen`,
      errors: 'errors',
      steps: {
        start: 'starting the node behind Toxiproxy',
        connect: 'connecting',
        warmup: 'warming up',
        baseline: 'baseline',
        heal: 'healing what is left',
        recovery: 'recovery',
        drain: 'draining',
        'read-back': 'reading everything back',
        stop: 'stopping',
        check: 'judging',
      },
      fault: {
        inject: 'injected',
        verified: 'verified',
        unverified: 'did NOT fire',
        healed: 'healed',
        'heal-failed': 'NOT healed',
      },
    },
  },
  zh: {
    language: 'zh',
    status: { pass: '通过', fail: '未通过', unknown: '未知', aborted: '已中止' },
    kept: (kept, all) => `${all} 项承诺中守住 ${kept} 项`,
    healed: (left) => `已恢复 ${left === 0 ? '✓' : '✗'} 剩余 ${left} 个故障`,
    leftFault: '未恢复',
    phaseColumns: ['阶段', '并发数', '平均响应时间', '错误率', 'P99'],
    phases: { baseline: '基线', fault: '故障', calm: '平静', recovery: '恢复' },
    detect: '发现',
    recover: '恢复',
    notSeen: '未见',
    bound: (value) => `（上限 ${value}）`,
    violated: (violations, checked) => `${checked} 中有 ${violations}`,
    more: (count) => `另有 ${count} 处：见 index.html`,
    unknown: '未知，不算通过',
    others: (count, all) => (all ? `全部 ${count} 项` : `其余 ${count} 项`),
    readBack: '已回读',
    checked: (count) => `检查了 ${count} 项`,
    listAll: '全部列出：--verbose',
    probesHeld: (count) => `${count} 个探针达标`,
    probe: '探针',
    measures: {
      error_rate: '错误率',
      avg_ms: '平均响应时间',
      p99_ms: 'P99',
      connected: '已连接',
      acks_per_s: '确认/秒',
      ready: '就绪',
      rss_bytes: '内存',
    },
    again: '重跑',
    report: '报告',
    seed: '种子',
    entry: entryZh,
    live: {
      separator: '，',
      heals: 'Ctrl-C 恢复',
      healing: '正在恢复；随后给出报告',
      stillHealing: '仍在恢复，请等待；即使本进程被杀死，守护进程也会恢复',
      acks: '确认/秒',
      visitors: '访客',
      agents: '客服',
      unknown: '未知',
      queue: '排队',
      active: '故障',
      none: '无',
      verified: '已证实',
      unverified: '尚未见效',
      healsAt: (at) => `${at} 恢复`,
      guardArmed: '守护已就绪，撤销日志已落盘',
      guardOpen: '撤销日志未落盘',
      checks: '检查',
      noViolation: '未见违反；结论要等回读',
      violations: (count) => `已见 ${count} 处违反`,
      errors: '错误',
      steps: {
        start: '在 Toxiproxy 之后启动节点',
        connect: '连接中',
        warmup: '预热中',
        baseline: '基线',
        heal: '恢复剩余的故障',
        recovery: '恢复期',
        drain: '排空中',
        'read-back': '全部回读中',
        stop: '停止中',
        check: '判定中',
      },
      fault: {
        inject: '已注入',
        verified: '已证实',
        unverified: '没有见效',
        healed: '已恢复',
        'heal-failed': '未能恢复',
      },
    },
  },
}

/** A probe's value in the unit of what it measures. */
export function measured(measure: Measure | undefined, value: number | undefined): string {
  if (value === undefined) return '-'
  if (measure === 'error_rate') return `${(value * 100).toFixed(2)} %`
  if (measure === 'avg_ms' || measure === 'p99_ms') return milliseconds(value)
  if (measure === 'rss_bytes') return `${whole(value / 1024 / 1024)} MiB`
  return Number.isInteger(value) ? whole(value) : String(Number(value.toPrecision(4)))
}
