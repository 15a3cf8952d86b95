import type { PhaseEntry } from '../../check/history.ts'
import type { Invariant } from '../../check/verdict.ts'
import type { ExperimentResult } from '../../experiment/result.ts'
import type { ReportLanguage } from '../words.ts'
import type { FaultState } from './spans.ts'

/** What stands on the pages (HTML, Markdown) beside the words of the final screen. */
export type ExperimentPageWords = {
  readonly title: string
  readonly overview: string
  readonly phases: string
  readonly timeline: string
  readonly timelineNote: string
  readonly coarse: (seconds: number) => string
  readonly latency: string
  readonly acks: string
  readonly connections: string
  readonly open: string
  readonly memory: string
  readonly faults: string
  readonly phaseNames: { readonly [phase in PhaseEntry['phase']]: string }
  readonly promises: string
  readonly promise: string
  readonly verdict: string
  readonly checkedColumn: string
  readonly violations: string
  readonly meaning: string
  readonly verdicts: { readonly pass: string; readonly fail: string; readonly unknown: string }
  readonly invariants: { readonly [invariant in Invariant]: string }
  readonly evidence: string
  readonly evidenceNote: string
  readonly entryColumns: readonly [string, string, string, string]
  readonly faultColumns: readonly [string, string, string, string, string, string, string]
  readonly noFaults: string
  readonly states: { readonly [state in FaultState]: string }
  readonly probes: string
  readonly probeColumns: readonly [string, string, string, string]
  readonly counted: string
  readonly counts: { readonly [count in keyof ExperimentResult['counts']]: string }
  readonly seconds: string
  readonly secondsColumns: readonly string[]
  readonly facts: {
    readonly question: string
    readonly command: string
    readonly started: string
    readonly took: string
    readonly seed: string
    readonly target: string
    readonly machine: string
    readonly load: string
  }
  readonly load: (visitors: string, agents: string, rate: string) => string
  readonly reasons: string
  readonly unread: string
  readonly derived: string
  readonly scenario: string
  readonly resilience: string
  readonly resilienceNote: string
  readonly notChecked: string
  readonly scenariosKept: (kept: number, all: number) => string
}

export const experimentPageWords: { readonly [language in ReportLanguage]: ExperimentPageWords } = {
  en: {
    title: 'chaos',
    overview: 'Verdict',
    phases: 'Phases',
    timeline: 'Timeline',
    timelineNote:
      'Time runs from the start of the baseline. A band is a fault from its injection until it was healed; the tick on its bar is the moment it was seen to fire.',
    coarse: (seconds) => `one point stands for ${seconds} s`,
    latency: 'response time, ms',
    acks: 'acks/s',
    connections: 'connected, % of asked',
    open: 'unknown, queued',
    memory: 'server memory, MiB',
    faults: 'Faults',
    phaseNames: {
      warmup: 'warm-up',
      baseline: 'baseline',
      fault: 'fault',
      calm: 'calm',
      recovery: 'recovery',
      drain: 'draining',
      'read-back': 'reading back',
      end: 'end',
    },
    promises: 'Promises',
    promise: 'promise',
    verdict: 'verdict',
    checkedColumn: 'checked',
    violations: 'violations',
    meaning: 'what it says',
    verdicts: { pass: 'kept', fail: 'BROKEN', unknown: 'UNKNOWN' },
    invariants: {
      no_acked_loss: 'an acked message is readable afterwards',
      no_duplicate: 'one row for each sender and client id; a retry gets the first ack',
      agreement: 'a place in a stream names the same message for every reader and for the store',
      gapless: "a reader's seqs grow by one; a resume goes on where it stopped",
      sender_order: 'what one connection sent stands in the order sent',
      real_time_order: 'what was acked before another was sent stands before it',
      no_phantom: 'nothing unsent, rejected or foreign is delivered',
      one_owner: 'one owner at most in each epoch, and nothing accepted under an old one',
      capacity: 'no new assignment above the capacity of the agent',
      bounded_memory: 'memory stays within its bound; a slow reader is cut and may come back',
      convergence: 'in time after healing the queue is routed and readers agree',
      no_false_ack: 'nothing is acked while the store cannot commit',
    },
    evidence: 'Evidence',
    evidenceNote: 'The smallest that shows it, with the lines of history.jsonl.',
    entryColumns: ['line', 'at', 'client', 'what'],
    faultColumns: ['fault', 'on', 'injected', 'seen to fire', 'healed', 'state', 'proof'],
    noFaults: 'No fault was injected.',
    states: { healed: 'healed', unseen: 'did NOT fire', left: 'NOT healed' },
    probes: 'Probes',
    probeColumns: ['probe', 'phase', 'value', 'bound'],
    counted: 'Counted',
    counts: {
      sends: 'sends',
      acks: 'acks',
      retries: 'retries',
      resumes: 'resumes',
      resets: 'resets',
      unknown: 'never known',
      readBack: 'messages read back',
    },
    seconds: 'second by second, as a table',
    secondsColumns: [
      's',
      'acks',
      'errors',
      'p50',
      'p99',
      'visitors',
      'agents',
      'unknown',
      'queued',
      'memory',
    ],
    facts: {
      question: 'question',
      command: 'command',
      started: 'started',
      took: 'took',
      seed: 'seed',
      target: 'target',
      machine: 'machine',
      load: 'load',
    },
    load: (visitors, agents, rate) => `${visitors} visitors, ${agents} agents, ${rate} msgs/s/visitor`,
    reasons: 'Why it is not a pass',
    unread: 'not in the history',
    derived: 'Derived from result.json and history.jsonl alone:',
    scenario: 'scenario',
    resilience: 'Resilience',
    resilienceNote:
      'Each shipped scenario breaks a node under load, heals it, reads everything back, and judges every promise from what the clients recorded. Unknown is never a pass.',
    notChecked: 'not checked',
    scenariosKept: (kept, all) => `${kept} of ${all} scenarios kept every promise`,
  },
  zh: {
    title: '混沌测试',
    overview: '结论',
    phases: '阶段',
    timeline: '时间线',
    timelineNote:
      '时间从基线开始算起。色带是一个故障从注入到恢复的时段；故障条上的刻线是它被证实见效的时刻。',
    coarse: (seconds) => `每个点代表 ${seconds} 秒`,
    latency: '响应时间，ms',
    acks: '确认/秒',
    connections: '已连接，占要求数的 %',
    open: '未知、排队',
    memory: '服务器内存，MiB',
    faults: '故障',
    phaseNames: {
      warmup: '预热',
      baseline: '基线',
      fault: '故障',
      calm: '平静',
      recovery: '恢复',
      drain: '排空',
      'read-back': '回读',
      end: '结束',
    },
    promises: '承诺',
    promise: '承诺',
    verdict: '结论',
    checkedColumn: '检查数',
    violations: '违反数',
    meaning: '含义',
    verdicts: { pass: '守住', fail: '违反', unknown: '未知' },
    invariants: {
      no_acked_loss: '已确认的消息事后读得到',
      no_duplicate: '每个发送者的每个客户端编号只有一行；重试得到第一次的确认',
      agreement: '流中的一个位置，对所有读者和存储都是同一条消息',
      gapless: '读者看到的序号逐一递增；续读从断点之后开始',
      sender_order: '同一连接发出的内容按发送顺序排列',
      real_time_order: '先确认、后发送的，先后顺序不变',
      no_phantom: '没有发送过、被拒绝或属于他人的内容绝不投递',
      one_owner: '每个纪元最多一个负责人，旧纪元之下不再接受任何内容',
      capacity: '新的分配不会超过客服的容量',
      bounded_memory: '内存不超上限；慢读者被断开并可以回来',
      convergence: '恢复后按时完成排队分配，读者看到的一致',
      no_false_ack: '存储不能提交时，不确认任何内容',
    },
    evidence: '证据',
    evidenceNote: '足以说明问题的最小证据，附 history.jsonl 的行号。',
    entryColumns: ['行', '时刻', '客户端', '内容'],
    faultColumns: ['故障', '对象', '注入', '证实', '恢复', '状态', '证明'],
    noFaults: '没有注入故障。',
    states: { healed: '已恢复', unseen: '没有见效', left: '未恢复' },
    probes: '探针',
    probeColumns: ['探针', '阶段', '值', '上限'],
    counted: '计数',
    counts: {
      sends: '发送',
      acks: '确认',
      retries: '重试',
      resumes: '续读',
      resets: '重置',
      unknown: '始终未知',
      readBack: '回读的消息',
    },
    seconds: '逐秒表格',
    secondsColumns: ['秒', '确认', '错误', 'P50', 'P99', '访客', '客服', '未知', '排队', '内存'],
    facts: {
      question: '问题',
      command: '命令',
      started: '开始',
      took: '用时',
      seed: '种子',
      target: '目标',
      machine: '机器',
      load: '负载',
    },
    load: (visitors, agents, rate) => `${visitors} 个访客，${agents} 个客服，每访客每秒 ${rate} 条`,
    reasons: '为何不算通过',
    unread: '不在历史中',
    derived: '仅由 result.json 和 history.jsonl 得出：',
    scenario: '场景',
    resilience: '韧性',
    resilienceNote:
      '每个自带场景都在负载下弄坏一个节点、恢复、全部回读，再用客户端的记录判定每一项承诺。未知不算通过。',
    notChecked: '未检查',
    scenariosKept: (kept, all) => `${all} 个场景中有 ${kept} 个守住全部承诺`,
  },
}
