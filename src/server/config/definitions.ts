import type { Said } from '../../core/said.ts'
import { pipelineTree } from './definitions-pipeline.ts'
import type { ratelimitTree } from './definitions-ratelimit.ts'
import type { Tree, TreeValues } from './setting.ts'

/** The keys of every file of this version. A key is here only if it has an effect. */

/** server.toml, what is this node's own. */
export const nodeTree = {
  listen: {
    kind: 'address',
    default: '127.0.0.1:7000',
    effect: 'restart',
    says: {
      en: 'Where visitors and agents connect: `host:port`, `:7000` for all addresses, port 0 for any free one.',
      zh: '访客和客服连接的地址：`主机:端口`；`:7000` 表示所有地址，端口 0 表示任意空闲端口。',
    },
  },
  admin_listen: {
    kind: 'address',
    default: '127.0.0.1:7001',
    effect: 'restart',
    says: {
      en: 'Health, metrics and administration. Keep it away from the internet.',
      zh: '健康检查、指标和管理接口的地址。不要暴露到互联网。',
    },
  },
  admin_token: {
    kind: 'secret-or-none',
    otherwise: {
      en: '`admin.token` in the data folder, made at the first start',
      zh: '数据目录中的 `admin.token`，首次启动时生成',
    },
    effect: 'restart',
    says: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret looks like that.
      en: 'The token of the administrative interface, 16 to 4,096 characters: `"${NAME}"` reads the environment, `"file:PATH"` a file.',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret looks like that.
      zh: '管理接口的令牌，16 到 4096 个字符：`"${NAME}"` 读取环境变量，`"file:路径"` 读取文件。',
    },
  },
  workers: {
    kind: 'whole-or-none',
    min: 1,
    max: 64,
    otherwise: { en: 'one per core, at most 4', zh: '每个核心一个，最多 4 个' },
    effect: 'restart',
    says: {
      en: 'Processes that hold sockets.',
      zh: '持有连接的进程数。',
    },
  },
  data: {
    kind: 'path',
    default: './data',
    effect: 'restart',
    says: {
      en: 'The data folder. A relative path starts at the folder of this file.',
      zh: '数据目录。相对路径从本文件所在目录算起。',
    },
  },
} as const satisfies Tree

/** server.toml, what is the same on every node. */
export const serverTree = {
  public_url: {
    kind: 'url-or-none',
    otherwise: { en: 'the address a request came to', zh: '请求到达的地址' },
    effect: 'hot',
    says: {
      en: 'The base of every link that leaves the server, as visitors see it: `https://example.com/chat/`.',
      zh: '服务器给出的所有链接的基础地址，即访客看到的地址：`https://example.com/chat/`。',
    },
  },
  trusted_proxies: {
    kind: 'blocks',
    default: [],
    effect: 'hot',
    says: {
      en: 'Proxies whose `X-Forwarded-*` headers count: addresses or CIDR blocks.',
      zh: '其 `X-Forwarded-*` 请求头被信任的代理：地址或 CIDR 网段。',
    },
  },
  limits: {
    frame: {
      kind: 'size',
      min: 32 * 1024,
      max: 64 * 1024,
      default: '64KiB',
      effect: 'new-connections',
      says: {
        en: 'The largest frame that a client may send; more closes the socket with 1009. A socket keeps what its welcome said.',
        zh: '客户端可发送的最大帧；超过则以 1009 关闭连接。已有连接保持其 welcome 中的值。',
      },
    },
    hello_within: {
      kind: 'duration',
      min: 1_000,
      max: 120_000,
      default: '10s',
      effect: 'new-connections',
      says: {
        en: 'From the upgrade to a valid hello, else the socket is closed with 4408.',
        zh: '从升级到有效 hello 的期限，超时以 4408 关闭连接。',
      },
    },
    outbox: {
      kind: 'size',
      min: 16 * 1024,
      max: 64 * 1024 * 1024,
      default: '256KiB',
      effect: 'hot',
      says: {
        en: 'What may wait for a client that does not read; more closes its socket with 4413.',
        zh: '客户端不读取时可积压的数据量；超过则以 4413 关闭其连接。',
      },
    },
  },
  heartbeat: {
    every: {
      kind: 'duration',
      min: 1_000,
      max: 300_000,
      default: '25s',
      effect: 'hot',
      says: {
        en: 'How often each socket is pinged. Keep it below the idle timeout of every proxy on the way.',
        zh: '每个连接的心跳间隔。应小于途中所有代理的空闲超时。',
      },
    },
    silent_rounds: {
      kind: 'whole',
      min: 1,
      max: 20,
      default: 2,
      effect: 'hot',
      says: {
        en: 'Rounds without a sign of life until a socket is closed with 4409.',
        zh: '连续多少轮没有任何响应后以 4409 关闭连接。',
      },
    },
  },
  drain: {
    spread: {
      kind: 'duration',
      min: 0,
      max: 300_000,
      default: '5s',
      effect: 'hot',
      says: {
        en: 'Over how long clients of a node that stops are told to come back, spread evenly.',
        zh: '节点停止时，让客户端在多长时间内均匀地重连。',
      },
    },
  },
  pipeline: pipelineTree,
} as const satisfies Tree

export type NodeValues = TreeValues<typeof nodeTree>
export type ServerValues = TreeValues<typeof serverTree>
export type RatelimitValues = TreeValues<typeof ratelimitTree>

/** What a table is about; a comment above it in a file, a paragraph in its page. */
export const tables: Readonly<Record<string, Said>> = {
  'server.toml': {
    en: 'Where a node listens, where its data is, and the bounds of its sockets and its pipeline.',
    zh: '节点监听的地址、数据所在位置，以及连接和流水线的上限。',
  },
  'server.toml:limits': { en: 'Bounds of one socket.', zh: '单个连接的上限。' },
  'server.toml:heartbeat': { en: 'Finds sockets whose other end is gone.', zh: '发现对端已消失的连接。' },
  'server.toml:drain': {
    en: 'How a node that stops sends its clients away.',
    zh: '节点停止时如何请客户端离开。',
  },
  'server.toml:pipeline': {
    en: 'The stages that a message passes. The defaults suit most machines.',
    zh: '消息经过的各个阶段。默认值适合大多数机器。',
  },
  'server.toml:pipeline.ingress': {
    en: 'Frames that came in and were not looked at.',
    zh: '已到达但尚未处理的帧。',
  },
  'server.toml:pipeline.filter': {
    en: 'Filters that wait for something (plugins).',
    zh: '需要等待的过滤器（插件）。',
  },
  'server.toml:pipeline.desk': { en: "Agents' commands.", zh: '客服的命令。' },
  'server.toml:pipeline.persist': {
    en: 'The way to the store. It refuses new messages early when the store does not keep up.',
    zh: '写入存储的通道。存储跟不上时，它会提早拒绝新消息。',
  },
  'ratelimit.toml': {
    en: 'How fast each may send. A limit allows `burst` at once, then `rate`; `rate = "off"` counts nothing.',
    zh: '各方的发送速度。每项限制允许一次 `burst` 条，之后按 `rate`；`rate = "off"` 表示不计数。',
  },
  'ratelimit.toml:visitor': { en: 'Each visitor, whatever its sockets.', zh: '每个访客，不论有多少连接。' },
  'ratelimit.toml:address': {
    en: 'Each client address: IPv4 whole, IPv6 by its /64.',
    zh: '每个客户端地址：IPv4 按完整地址，IPv6 按 /64。',
  },
  'ratelimit.toml:site': { en: 'All visitors of a site together.', zh: '一个站点的全部访客合计。' },
  'ratelimit.toml:agent': { en: 'Each agent.', zh: '每个客服。' },
  'ratelimit.toml:login': { en: 'Wrong passwords.', zh: '错误的密码。' },
  'ratelimit.toml:penalty': {
    en: 'For senders that do not wait as they were told.',
    zh: '针对不按要求等待的发送方。',
  },
  'ratelimit.toml:allow': {
    en: 'Never counted, by any limit but those of logins.',
    zh: '除登录限制外，不受任何限制。',
  },
}
