import type { PhaseName } from './experiment.ts'

/** What `explain` says, in both languages. */
const en = {
  phase: 'phase',
  phases: { baseline: 'baseline', fault: 'faults', recovery: 'recovery' } as Record<PhaseName, string>,
  seed: (seed: number) => `seed ${seed}`,
  rows: {
    load: 'load',
    against: 'against',
    takes: 'takes',
    aborts: 'aborts if',
    probes: 'probes',
    judged: 'judged',
    needs: 'needs',
    run: 'run',
  },
  load: (visitors: number, agents: number, rate: number, perSecond: number) =>
    `${count(visitors, 'visitor')}, ${count(agents, 'agent')}, ${rate} messages/s each, ${perSecond} messages/s in all`,
  desk: (perSecond: number) => `${count(perSecond, 'desk action')}/s`,
  reconnects: (share: string) => `${share} cut off each minute`,
  slow: (share: string) => `${share} slow readers`,
  embedded: (workers: number) => `a node of its own with ${count(workers, 'worker')}, behind Toxiproxy`,
  attached: (url: string, toxiproxy: string) => `${url}, behind the Toxiproxy at ${toxiproxy}`,
  takes: (warmup: string, faults: string, recovery: string, ttl: string) =>
    `${warmup} to warm up, ${faults} until the last fault is over, ${recovery} to recover; all is healed ${ttl} after the first fault at the latest`,
  columns: ['', 'at', 'until', 'fault', 'on', 'with'],
  byItself: 'over by itself',
  moreSteps: (more: number) => `and ${more} more`,
}

const zh: typeof en = {
  phase: '阶段',
  phases: { baseline: '基线', fault: '故障', recovery: '恢复' },
  seed: (seed) => `种子 ${seed}`,
  rows: {
    load: '负载',
    against: '对象',
    takes: '用时',
    aborts: '中止条件',
    probes: '探针',
    judged: '判定',
    needs: '需要',
    run: '运行',
  },
  load: (visitors, agents, rate, perSecond) =>
    `${visitors} 位访客、${agents} 位客服，每位访客每秒 ${rate} 条消息，共每秒 ${perSecond} 条`,
  desk: (perSecond) => `每秒 ${perSecond} 次坐席操作`,
  reconnects: (share) => `每分钟断开 ${share}`,
  slow: (share) => `${share} 慢读者`,
  embedded: (workers) => `自有节点，${workers} 个工作进程，位于 Toxiproxy 之后`,
  attached: (url, toxiproxy) => `${url}，位于 ${toxiproxy} 的 Toxiproxy 之后`,
  takes: (warmup, faults, recovery, ttl) =>
    `预热 ${warmup}，${faults} 后最后一个故障结束，恢复 ${recovery}；最迟在第一个故障后 ${ttl} 全部恢复`,
  columns: ['', '开始', '结束', '故障', '对象', '参数'],
  byItself: '自行结束',
  moreSteps: (more) => `还有 ${more} 个`,
}

function count(n: number, what: string): string {
  return `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`
}

export const explainWords = { en, zh }
