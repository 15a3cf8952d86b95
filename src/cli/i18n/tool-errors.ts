import type { ErrorText } from './texts.ts'

const k6Limits: Readonly<Record<string, { readonly what: string; readonly fix: string }>> = {
  slow_readers: {
    what: 'k6 无法停止读取套接字，不能模拟慢读者',
    fix: '这个场景请用 --engine kf，或把 slow_readers 设为 0',
  },
  rest: {
    what: 'k6 脚本只使用 WebSocket，不执行 rest 步骤',
    fix: '请用 --engine kf（由 autocannon 执行），或去掉 rest',
  },
  memory: {
    what: 'k6 看不到服务器的内存，不能判断 server_rss_growth',
    fix: '请用 --engine kf，或去掉这一项',
  },
  target: { what: 'k6 脚本只会 kf.v1 协议', fix: '其他目标请用 --engine kf' },
}

/** What the errors of tools and of k6 say in Chinese; by code. */
export const toolErrorsZh: Readonly<Record<string, ErrorText>> = {
  k6_missing: () => ({
    what: '没有 k6：KF_K6、PATH 和 kf 的工具目录中都没有（k6 采用 AGPL-3.0 许可证，是由您运行的独立程序）',
    fix: 'kf tools install k6',
  }),
  k6_cannot: (value) => k6Limits[value('what')] ?? { what: 'k6 做不到', fix: '请用 --engine kf' },
  unknown_tool: (value) => ({
    what: `没有工具 ${value('name')}：可以安装 ${value('names')}`,
    fix: 'kf tools list 会列出它们',
  }),
  tool_variable: (value) => ({
    what: `${value('variable')}=${value('path')}：那里没有可执行的程序`,
    fix: `改正 ${value('variable')}，或去掉它以便在 PATH 中查找`,
  }),
  tool_busy: (value) => ({
    what: `进程 ${value('pid')} 正在安装到 ${value('folder')}`,
    fix: `等它结束；如果那是别的程序，删除 ${value('file')}`,
  }),
  tool_build: (value) => ({
    what: `${value('name')} ${value('version')}：${value('command')} 失败：${value('said')}`,
    fix: 'Go 需要能访问模块代理（见 go env GOPROXY）；或改用发布文件：--release 加 --sha256',
  }),
  tool_version: (value) => ({
    what: `${value('name')}：得到的程序自称 ${value('version')}，而不是 ${value('wanted')}`,
    fix: '没有安装任何东西；请报告这个问题',
  }),
  tool_release: (value) => ({
    what: `${value('name')} ${value('version')}：没有适用于 ${value('platform')} 的发布文件`,
    fix: `安装 Go 后重试，或用 ${value('variable')} 指定程序`,
  }),
  tool_download: (value) => ({
    what: `${value('name')} ${value('version')}：${value('url')}：${value('what')}`,
    fix: `重试，或用其他方式下载后用 ${value('variable')} 指定`,
  }),
  tool_hash: (value) => ({
    what: `${value('file')} 的 SHA-256 是 ${value('found')}，而不是 ${value('wanted')}`,
    fix: '没有安装任何东西：请与发布者公布的值和版本核对',
  }),
  tool_unverified: (value) => ({
    what: `${value('name')} ${value('version')}：这里不知道 ${value('file')} 的 SHA-256`,
    fix: `用 --sha256 或 --lock 文件给出（见 ${value('url')} 旁边的校验文件），或安装 Go`,
  }),
}
