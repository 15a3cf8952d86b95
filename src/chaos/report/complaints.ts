import type { Complaint, ComplaintKind } from './judge.ts'
import type { ReportLanguage } from './words.ts'

/** A complaint as one sentence: what, the value, its bound, and the fix. English is what `invalid_reason` holds. */
export function complaintText({ kind, value, bound }: Complaint, language: ReportLanguage): string {
  const { reason, fix } = sentences[language][kind](value, bound)
  const mark = language === 'zh' ? '；解决办法：' : '; fix: '
  return fix === '' ? reason : `${reason}${mark}${fix}`
}

type Sentence = { readonly reason: string; readonly fix: string }
type Sentences = { readonly [kind in ComplaintKind]: (value: string, bound: string) => Sentence }

const sentences: { readonly [language in ReportLanguage]: Sentences } = {
  en: {
    memory_store: (value) => ({
      reason: `the data folder is on ${value}, where a sync costs nothing`,
      fix: 'set TMPDIR to a folder on a disk',
    }),
    other_processes: (value, bound) => ({
      reason: `other processes kept ${value} cores busy (bound ${bound})`,
      fix: 'stop them',
    }),
    steal: (value, bound) => ({
      reason: `the hypervisor took ${value} of the CPU (bound ${bound})`,
      fix: 'use a host of its own',
    }),
    memory_pressure: (value, bound) => ({
      reason: `everything waited for memory ${value} of the time (bound ${bound})`,
      fix: 'free memory, or lower --concurrency',
    }),
    receive_lag: (value, bound) => ({
      reason: `generator stamps what it receives late, p99 ${value} (bound ${bound})`,
      fix: 'free a core or use a second host',
    }),
    loop_lag: (value, bound) => ({
      reason: `generator lag p99 ${value} (bound ${bound})`,
      fix: 'free a core or use a second host',
    }),
    slip: (value, bound) => ({
      reason: `generator sends late, slip p99 ${value} (bound ${bound})`,
      fix: 'free a core or use a second host',
    }),
    generator_full: (value, bound) => ({
      reason: `a generator kept ${value} cores busy (bound ${bound})`,
      fix: 'more --generators, or a second host',
    }),
    not_pinned: () => ({
      reason: 'server and generators were not pinned apart',
      fix: 'run on this host, with taskset, on 2 cores or more',
    }),
    generator_limited: (value, bound) => ({
      reason: `generators used ${value} of their cores (bound ${bound})`,
      fix: 'give the generators more cores, or a second host',
    }),
    server_idle: (value, bound) => ({
      reason: `the server's cores were ${value} busy (at least ${bound} needed)`,
      fix: 'raise --concurrency',
    }),
    generator_lost: (value) => ({
      reason: `generator ${value}`,
      fix: 'look at what it says there, then run again',
    }),
    interrupted: () => ({ reason: 'interrupted', fix: 'let it finish' }),
    failed: (value) => ({ reason: value, fix: '' }),
  },
  zh: {
    memory_store: (value) => ({
      reason: `数据目录在 ${value} 上，同步不花时间`,
      fix: '把 TMPDIR 设为磁盘上的目录',
    }),
    other_processes: (value, bound) => ({
      reason: `其他进程占用了 ${value} 核（上限 ${bound}）`,
      fix: '停掉它们',
    }),
    steal: (value, bound) => ({
      reason: `虚拟机管理器拿走了 ${value} 的 CPU（上限 ${bound}）`,
      fix: '换一台独占的主机',
    }),
    memory_pressure: (value, bound) => ({
      reason: `有 ${value} 的时间都在等内存（上限 ${bound}）`,
      fix: '腾出内存，或降低 --concurrency',
    }),
    receive_lag: (value, bound) => ({
      reason: `发生器接收打点滞后，P99 ${value}（上限 ${bound}）`,
      fix: '空出一个核，或用第二台主机',
    }),
    loop_lag: (value, bound) => ({
      reason: `发生器滞后 P99 ${value}（上限 ${bound}）`,
      fix: '空出一个核，或用第二台主机',
    }),
    slip: (value, bound) => ({
      reason: `发生器发送偏晚，P99 ${value}（上限 ${bound}）`,
      fix: '空出一个核，或用第二台主机',
    }),
    generator_full: (value, bound) => ({
      reason: `有发生器占用了 ${value} 核（上限 ${bound}）`,
      fix: '增加 --generators，或用第二台主机',
    }),
    not_pinned: () => ({
      reason: '服务端和发生器没有绑在不同的核上',
      fix: '在本机运行，需要 taskset 和至少 2 个核',
    }),
    generator_limited: (value, bound) => ({
      reason: `发生器用掉了其核的 ${value}（上限 ${bound}）`,
      fix: '给发生器更多核，或用第二台主机',
    }),
    server_idle: (value, bound) => ({
      reason: `服务端的核只忙了 ${value}（至少需要 ${bound}）`,
      fix: '提高 --concurrency',
    }),
    generator_lost: (value) => ({
      reason: `发生器 ${endInChinese(value)}`,
      fix: '看看那台主机上的输出，再运行一次',
    }),
    interrupted: () => ({ reason: '已中断', fix: '让它跑完' }),
    failed: (value) => ({ reason: value, fix: '' }),
  },
}

// How a generator or its host ended is told as it was said; what the harness itself says has a translation.
const ends: readonly (readonly [RegExp, string])[] = [
  [/ on (?=\S+: )/, '，位于 '],
  [/: the process ended \((?:exit )?(.*)\)$/, '：进程结束了（$1）'],
  [/: the process could not be started: (.*)$/, '：进程无法启动：$1'],
  [/: the connection was closed$/, '：连接断开了'],
  [/: silent for (\d+) ms$/, '：$1 ms 没有音信'],
]

function endInChinese(value: string): string {
  return ends.reduce((text, [pattern, chinese]) => text.replace(pattern, chinese), value)
}
