import type { ErrorText } from './texts.ts'

/** What the errors of the chaos harness say in Chinese; by code. */
export const chaosErrorsZh: Readonly<Record<string, ErrorText>> = {
  not_a_chaos_report: (value) => ({
    what: `${value('path')} 不存在，或不是 kf chaos run 写出的`,
    fix: '指定 kf chaos run 写出的目录，例如 reports/2026-01-31-chaos-partition',
  }),
  chaos_tools_missing: (value) => ({
    what: `${value('name')} 需要 ${value('missing')}，本机没有`,
    fix: value('get'),
  }),
  beyond_loopback: (value) => ({
    what: `${value('name')}：${value('address')} 不在本机`,
    fix:
      value('allowed') === 'true'
        ? '故障会让服务器停摆；如果它归您支配，加上 --yes-really'
        : `故障会让服务器停摆；如果它归您支配，把 ${value('host')} 加入 safety.allow_targets，并加上 --yes-really`,
  }),
  report_folder: (value) => ({
    what: `报告无法写入 ${value('folder')}：${value('reason')}`,
    fix: '用 --out 指定当前用户可写的目录',
  }),
  chaos_running: (value) => ({
    what: `已有混沌场景在运行：${value('who')}`,
    fix: '等它结束，或用 Ctrl-C 停止它；两个同时运行会互相干扰',
  }),
  toxiproxy_missing: (value) => ({
    what: `链路由 Toxiproxy 代理，而本机没有 toxiproxy-server ${value('version')}`,
    fix: 'kf tools install toxiproxy',
  }),
  toxiproxy_version: (value) => ({
    what: `${value('path')} 的版本是 ${value('version')}，需要 ${value('wanted')}`,
    fix: 'kf tools install toxiproxy 会安装需要的版本；让旧的不在 PATH 或变量中',
  }),
  toxiproxy_start: (value) => ({
    what: `${value('program')} 无法在端口 ${value('port')} 启动：${value('what')} ${value('said')}`,
    fix: 'kf tools list 会显示用的是哪个程序',
  }),
  toxiproxy_gone: (value) => ({
    what: `${value('url')} 没有应答（${value('what')}）`,
    fix: '那里的 Toxiproxy 在运行吗？启动方式：toxiproxy-server -port 端口',
  }),
  toxiproxy_hangs: (value) => ({
    what: `${value('url')} 的 Toxiproxy 在 ${value('withinMs')} 毫秒内没有回答 ${value('what')}`,
    fix: '停止读取的客户端会占住它的锁：先让客户端恢复读取，或重新启动它',
  }),
  toxiproxy_refused: (value) => ({
    what: `${value('url')} 的 Toxiproxy：${value('what')}：${value('said')}`,
    fix: '那里应答的是 Toxiproxy 2.12 吗？它有这个代理吗？',
  }),
  toxiproxy_died: (value) => ({
    what: `${value('api')} 的 Toxiproxy 自行结束（${value('ended')}），所有链路随之中断 ${value('said')}`,
    fix: '系统的内存或文件描述符是否用尽？',
  }),
  bad_link: (value) => ({
    what: `${value('name')} 不是链路的名称`,
    fix: '写成 起点->终点，例如 visitors->node',
  }),
  unknown_link: (value) => ({
    what: `没有链路 ${value('name')}；现有 ${value('names')}`,
    fix: value('meant') === '' ? '链路写成 起点->终点' : `是否想写 ${value('meant')}？`,
  }),
  no_links: (value) => ({
    what: `${value('link')} 上没有 Toxiproxy，无法破坏`,
    fix: '链路需要 Toxiproxy：kf tools install toxiproxy',
  }),
  unknown_proxy: (value) => ({
    what: `链路 ${value('link')}：${value('url')} 的 Toxiproxy 没有代理 ${value('proxy')}`,
    fix: value('meant') === '' ? value('have') : `是否想写 ${value('meant')}？`,
  }),
  link_in_use: (value) => ({
    what: `链路 ${value('name')} 的代理 ${value('proxy')} 并非原样（${value('what')}）`,
    fix: 'kf 留下的由 kf chaos heal 撤销；其余的归设置它的人处理',
  }),
  state_folder: (value) => ({
    what: `存放撤销日志的目录 ${value('folder')} 无法使用`,
    fix: '没有它就不注入任何故障；让它归当前用户所有，或设置 XDG_STATE_HOME',
  }),
  undo_log: (value) => ({
    what: `撤销日志 ${value('file')} 无法读写`,
    fix: '没有它就不注入任何故障；腾出空间，或让目录归当前用户所有',
  }),
  guard_start: (value) => ({
    what: `守护进程无法启动：${value('why')}`,
    fix: '没有守护就不注入任何故障',
  }),
  not_healed: (value) => ({
    what: `之前的运行留下了未能恢复的故障：${value('left')}`,
    fix: 'kf chaos heal 会再试一次并说明原因',
  }),
  node_start: (value) => ({ what: `kf serve 没有启动：${value('why')}`, fix: undefined }),
  attach_access: (value) => ({
    what: `要与 ${value('url')} 的部署对话，需要站点和客服`,
    fix: '用 --data 给出本机节点的数据目录，或用 --site 和 --agent-tokens 给出站点密钥与客服令牌',
  }),
  attach_agents: (value) => ({
    what: `场景有 ${value('wanted')} 个客服，而令牌只有 ${value('have')} 个`,
    fix: '给出更多令牌，或修改 workload.agents',
  }),
}
