import type { Said } from '../../core/said.ts'
import type { Snapshot } from './snapshot.ts'
import { writeDuration, writeSize } from './units.ts'
import { formatAddress } from './values.ts'

/**
 * What keys must be together. A rule is asked only where each of its keys is well by itself; its problem stands at the first of
 * them that somebody wrote.
 */
export type Rule = {
  /** `KeyInfo.id`s. */
  readonly keys: readonly [string, string]
  readonly broken: (snapshot: Snapshot) => Broken | undefined
}

export type Broken = { readonly what: Said; readonly why: Said; readonly fix: Said }

export const rules: readonly Rule[] = [
  {
    keys: ['server.toml:admin_listen', 'server.toml:listen'],
    broken: ({ node: { listen, admin_listen: admin } }) => {
      const anywhere = ['0.0.0.0', '::']
      const overlap =
        listen.host === admin.host || anywhere.includes(listen.host) || anywhere.includes(admin.host)
      if (listen.port === 0 || listen.port !== admin.port || !overlap) return undefined
      const [own, other] = [formatAddress(listen), formatAddress(admin)]
      return {
        what: {
          en: `listen (${own}) and admin_listen (${other}) are the same port`,
          zh: `listen（${own}）和 admin_listen（${other}）是同一端口`,
        },
        why: { en: 'a port serves one of them', zh: '一个端口只能用于其中之一' },
        fix: { en: 'give one of them another port', zh: '请给其中之一换一个端口' },
      }
    },
  },
  {
    keys: ['server.toml:pipeline.persist.batch', 'server.toml:pipeline.persist.queue'],
    broken: ({ cluster }) => {
      const { batch, queue } = cluster.server.pipeline.persist
      if (batch <= queue) return undefined
      return {
        what: compared('pipeline.persist.batch', batch, 'more than', '大于', 'pipeline.persist.queue', queue),
        why: {
          en: 'no transaction can hold more than may wait for it',
          zh: '一个事务不可能多于可等待的请求',
        },
        fix: {
          en: `write batch = ${queue} or less, or a longer queue`,
          zh: `请写 batch = ${queue} 或更小，或加大 queue`,
        },
      }
    },
  },
  {
    keys: ['server.toml:pipeline.persist.target', 'server.toml:pipeline.persist.interval'],
    broken: ({ cluster }) => {
      const { target, interval } = cluster.server.pipeline.persist
      if (target < interval) return undefined
      const [is, bound] = [writeDuration(target), writeDuration(interval)]
      return {
        what: compared(
          'pipeline.persist.target',
          is,
          'not less than',
          '不小于',
          'pipeline.persist.interval',
          bound,
        ),
        why: {
          en: 'one request that waits for the target would prove an interval by itself',
          zh: '否则单个等待中的请求就足以证明整个区间',
        },
        fix: { en: 'write a smaller target, or a longer interval', zh: '请减小 target，或加长 interval' },
      }
    },
  },
  {
    keys: ['server.toml:limits.outbox', 'server.toml:limits.frame'],
    broken: ({ cluster }) => {
      const { outbox, frame } = cluster.server.limits
      if (outbox >= frame) return undefined
      const [is, bound] = [writeSize(outbox), writeSize(frame)]
      return {
        what: compared('limits.outbox', is, 'less than', '小于', 'limits.frame', bound),
        why: {
          en: 'one message of the largest kind would cut off who receives it',
          zh: '否则一条最大的消息就会断开其接收者',
        },
        fix: { en: `write outbox = "${bound}" or more`, zh: `请写 outbox = "${bound}" 或更大` },
      }
    },
  },
  {
    keys: ['ratelimit.toml:penalty.disconnect_after', 'ratelimit.toml:penalty.after'],
    broken: ({ cluster }) => {
      const { disconnect_after: disconnect, after } = cluster.ratelimit.penalty
      if (disconnect > after) return undefined
      return {
        what: compared(
          'penalty.disconnect_after',
          disconnect,
          'not more than',
          '不大于',
          'penalty.after',
          after,
        ),
        why: { en: 'the end would come before waits grow', zh: '否则等待时间还没增长连接就已断开' },
        fix: {
          en: `write disconnect_after = ${after + 1} or more`,
          zh: `请写 disconnect_after = ${after + 1} 或更大`,
        },
      }
    },
  },
  {
    keys: ['ratelimit.toml:visitor.messages.burst', 'server.toml:pipeline.persist.queue'],
    broken: ({ cluster }) => {
      const { rate, burst } = cluster.ratelimit.visitor.messages
      const { queue } = cluster.server.pipeline.persist
      if (rate === 'off' || burst <= queue) return undefined
      return {
        what: compared(
          'visitor.messages.burst of ratelimit.toml',
          burst,
          'more than',
          '大于',
          'pipeline.persist.queue of server.toml',
          queue,
        ),
        why: {
          en: 'one visitor alone could fill the way to the store',
          zh: '否则单个访客就能占满写入通道',
        },
        fix: {
          en: `write burst = ${queue} or less, or a longer queue`,
          zh: `请写 burst = ${queue} 或更小，或加大 queue`,
        },
      }
    },
  },
]

function compared(
  key: string,
  value: number | string,
  en: string,
  zh: string,
  other: string,
  bound: number | string,
): Said {
  const name = (said: string): string => said.replace(/^(.+) of (.+)$/, '$2 的 $1')
  return {
    en: `${key} (${value}) is ${en} ${other} (${bound})`,
    zh: `${name(key)}（${value}）${zh} ${name(other)}（${bound}）`,
  }
}
