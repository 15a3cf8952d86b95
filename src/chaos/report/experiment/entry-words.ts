import type { HistoryEntry } from '../../check/history.ts'
import { whole } from '../numbers.ts'

/** What a line of the history says, as short as evidence needs it: `send`, `timeout`, `ack 19`. */
export function entryEn(entry: HistoryEntry): string {
  switch (entry.e) {
    case 'invoke':
      return 'send'
    case 'ok':
      return `ack ${entry.seq}`
    case 'fail':
      return `rejected ${entry.code}`
    case 'info':
      return entry.why === 'retry' ? 'sent again' : withCode(entry.why, entry.code)
    case 'seen':
      return `seen ${placed(entry)} by ${entry.p}`
    case 'read':
      return `read ${placed(entry)}`
    case 'read-end':
      return `head ${entry.head}`
    case 'reset':
      return `reset of ${entry.p}`
    case 'up':
      return `${entry.p} connected`
    case 'down':
      return withCode(`${entry.p} cut`, entry.code)
    case 'desk':
      return `${entry.agent} capacity ${entry.capacity}`
    case 'phase':
      return `phase ${entry.phase}`
    case 'sample':
      return `sample ${whole(entry.rssBytes / 1024 / 1024)} MiB`
    default:
      return `${entry.fault} ${entry.e}`
  }
}

const infoZh = { timeout: '超时', refused: '被拒', lost: '连接丢失', retry: '重发' } as const

/** The same in Chinese. */
export function entryZh(entry: HistoryEntry): string {
  switch (entry.e) {
    case 'invoke':
      return '发送'
    case 'ok':
      return `确认 ${entry.seq}`
    case 'fail':
      return `拒绝 ${entry.code}`
    case 'info':
      return withCode(infoZh[entry.why], entry.code)
    case 'seen':
      return `${entry.p} 看到 ${placed(entry)}`
    case 'read':
      return `读到 ${placed(entry)}`
    case 'read-end':
      return `末尾 ${entry.head}`
    case 'reset':
      return `${entry.p} 重置`
    case 'up':
      return `${entry.p} 已连接`
    case 'down':
      return withCode(`${entry.p} 断开`, entry.code)
    case 'desk':
      return `${entry.agent} 容量 ${entry.capacity}`
    case 'phase':
      return `阶段 ${entry.phase}`
    case 'sample':
      return `采样 ${whole(entry.rssBytes / 1024 / 1024)} MiB`
    default:
      return `${entry.fault} ${entry.e}`
  }
}

function withCode(text: string, code: string | number | undefined): string {
  return code === undefined ? text : `${text} ${code}`
}

function placed({ seq, event }: Extract<HistoryEntry, { e: 'seen' | 'read' }>): string {
  return event === undefined ? String(seq) : `${seq} ${event.kind}`
}
