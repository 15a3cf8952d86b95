import { readSentence, type SentenceName } from '../../server/entry.ts'
import type { Language } from './texts.ts'

/** What a server's configuration centre says, in Chinese: by the same names and with the same values as its English. */
const zh: Readonly<Record<SentenceName, string>> = {
  moved: '生效的是版本 {live}，不是这次修改所基于的版本',
  not_live: '版本 {revision} 没有生效，生效的是 {live}',
  undecided: '没有任何改变：决定没有写入存储',
  writer_ended: '没有任何改变：写入进程在决定写入存储之前就结束了',
  waits: '版本 {revision} 正等待确认',
  not_prepared: '没有任何改变：{reasons}',
  never_live: '版本 {revision} 从未生效',
  no_revision: '没有版本 {revision}',
  not_a_revision: '{given} 不是版本号',
  too_long: '{field} 有 {length} 个字符',
  limit_bounds: 'limit {given} 超出范围',
  node_starting: '节点正在启动',
  invalid_here: '版本 {revision} 在此版本的 kf 中无效；改用磁盘上的文件',
  other_hash: '{process} 得到的哈希是 {hash}，而不是 {wanted}',

  process_late: '{process} 在 {ms} 毫秒内没有应答',
  process_signal: '{process} 被 {signal} 终止',
  process_code: '{process} 已结束，退出码 {code}',
  process_is: '{process} {state}',

  first_start: '首次启动',
  edited: '文件在 kf 停止期间被修改',
  back_to: '回到版本 {revision}',
  taken_back: '版本 {revision} 被撤回到 {to}：{reason}',
  other_first: '另一个版本先生效了',
  died: 'kf 在作出决定之前就结束了',
  writer_died: '写入进程在决定写入存储之前就结束了',
  not_in_time: '没有按时确认',
  readiness: '就绪检查失败：{reason}',
  restarted: '节点的一个进程结束后被重新启动',
  refused_share: '{count} 条消息中有 {share} % 被拒绝（上限 {bound} %）',

  draining: '正在排空',
  failed_for_good: '{process}：已彻底失败；排除原因后请重启 kf',
  silent: '{process}：已有 {seconds} 秒没有消息',
  other_revision: '{process}：其配置版本与生效版本不同',
  state: '{process}：{state}',

  see_diff: '先用 kf config diff 看有什么不同，再重新应用',
  keep_or_back: 'kf config confirm {revision} 保留它，kf config rollback {to} 撤回它',
  apply_when_ready: '等 /readyz 正常后重新应用；之前的版本仍然生效',
  history_live: 'kf config history 会列出生效过的版本',
  history: 'kf config history 会列出它们',
  most: '最多 {most} 个',
  whole_number: '请给出 {min} 到 {max} 的整数',
  try_again: '请再试一次；/readyz 会说明缺什么',
}

const states: Readonly<Record<string, string>> = {
  starting: '正在启动',
  waiting: '等待重新启动',
  broken: '已失败',
  stopping: '正在停止',
  stopped: '已停止',
  ready: '已就绪',
}

/** A text of the centre's in the language of the operator; what a person wrote stays as it is. */
export function centreText(text: string, language: Language): string {
  return language === 'zh' ? toChinese(text) : text
}

/** A sentence by its name; undefined where this version of kf does not know it. `value`: what stands in it, by name. */
export function sentenceZh(name: string, value: (name: string) => string): string | undefined {
  const sentence = Object.hasOwn(zh, name) ? zh[name as SentenceName] : undefined
  return sentence?.replace(/\{(\w+)\}/g, (_, place: string) => valueZh(place, value(place)))
}

function toChinese(text: string): string {
  const sentence = readSentence(text)
  if (sentence === undefined) return text
  return sentenceZh(sentence.name, (name) => sentence.values[name] ?? '') ?? text
}

function valueZh(place: string, said: string): string {
  switch (place) {
    case 'process':
      return said.replace(/^writer$/, '写入进程').replace(/^worker (\d+)$/, '工作进程 $1')
    case 'state':
      return states[said] ?? said
    case 'reason':
      return toChinese(said)
    case 'reasons':
      return said.split('; ').map(toChinese).join('；')
    default:
      return said
  }
}
