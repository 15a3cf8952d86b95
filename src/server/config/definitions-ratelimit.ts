import type { Said } from '../../core/said.ts'
import type { Tree } from './setting.ts'

const rateBounds = { min: 1 / 3600, max: 1_000_000 } as const
const burst = {
  kind: 'whole',
  min: 1,
  max: 1_000_000,
  effect: 'hot',
  says: { en: 'How many at once.', zh: '一次最多多少。' },
} as const

const messages: Said = { en: 'Messages.', zh: '消息。' }
const controls: Said = {
  en: 'Frames that are no messages: typing, read, history, lists, ping; requests for the same, too.',
  zh: '不是消息的帧：正在输入、已读、历史、列表、ping；同类的请求也计入。',
}

export const ratelimitTree = {
  visitor: { messages: limit('5/s', 30, messages), controls: limit('20/s', 200, controls) },
  address: {
    connections: limit('100/s', 2_000, {
      en: 'WebSocket upgrades and event streams.',
      zh: 'WebSocket 升级和事件流。',
    }),
    new_visitors: limit('20/s', 1_000, {
      en: 'Visitors that came without a token.',
      zh: '没有令牌的新访客。',
    }),
    posts: limit('10/s', 100, { en: 'POST requests without a token.', zh: '没有令牌的 POST 请求。' }),
    messages: limit('500/s', 2_000, {
      en: 'Messages of its visitors, all together.',
      zh: '其全部访客的消息合计。',
    }),
  },
  site: { messages: limit('off', 1_000, messages) },
  agent: {
    messages: limit('50/s', 200, messages),
    commands: limit('50/s', 500, {
      en: 'Commands: accept, transfer, release, close, retract.',
      zh: '命令：接入、转接、释放、关闭、撤回。',
    }),
    controls: limit('200/s', 2_000, controls),
  },
  login: {
    per_login: limitOnly('3/min', 5, {
      en: 'Wrong passwords for one login name.',
      zh: '同一登录名的错误密码。',
    }),
    per_address: limitOnly('20/min', 20, {
      en: 'Wrong passwords from one address.',
      zh: '同一地址的错误密码。',
    }),
  },
  penalty: {
    after: {
      kind: 'whole',
      min: 0,
      max: 10_000,
      default: 30,
      effect: 'hot',
      says: {
        en: 'Messages sent too early until waits grow: each further one doubles the wait.',
        zh: '过早发送多少条消息后等待时间开始增长：此后每多一条翻一倍。',
      },
    },
    max_wait: {
      kind: 'duration',
      min: 100,
      max: 3_600_000,
      default: '1m',
      effect: 'hot',
      says: { en: 'No wait grows beyond it.', zh: '等待时间的上限。' },
    },
    disconnect_after: {
      kind: 'whole',
      min: 1,
      max: 100_000,
      default: 100,
      effect: 'hot',
      says: {
        en: 'Messages sent too early until the socket is closed with 4429.',
        zh: '过早发送多少条消息后以 4429 关闭连接。',
      },
    },
    forget: {
      kind: 'duration',
      min: 1_000,
      max: 86_400_000,
      default: '1m',
      effect: 'hot',
      says: { en: 'After so long without one, all is forgotten.', zh: '多久没有再犯则一笔勾销。' },
    },
  },
  allow: {
    addresses: {
      kind: 'blocks',
      default: ['127.0.0.0/8', '::1/128'],
      effect: 'hot',
      says: {
        en: 'Addresses and CIDR blocks that are free of the limits per address.',
        zh: '不受按地址限制的地址和 CIDR 网段。',
      },
    },
    sites: {
      kind: 'site-keys',
      default: [],
      effect: 'hot',
      says: {
        en: 'Keys of sites that are free of the limits per visitor, site and address.',
        zh: '不受按访客、站点和地址限制的站点键。',
      },
    },
  },
} as const satisfies Tree

/** An allowance that can be switched off. */
function limit(rate: string, most: number, says: Said) {
  return {
    rate: { kind: 'rate-or-off', ...rateBounds, default: rate, effect: 'hot', says },
    burst: { ...burst, default: most },
  } as const
}

function limitOnly(rate: string, most: number, says: Said) {
  return {
    rate: { kind: 'rate', ...rateBounds, default: rate, effect: 'hot', says },
    burst: { ...burst, default: most },
  } as const
}
