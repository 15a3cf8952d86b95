import type { HostCode } from '../../chaos/load/remote-errors.ts'
import type { ErrorText } from './texts.ts'

const hosts: Readonly<Record<HostCode, ErrorText>> = {
  host_absent: (value) => ({
    what: `主机 ${value('host')}：没有程序在监听`,
    fix: '先在那台主机上启动 `kf bench agent`',
  }),
  host_adapter: (value) => ({
    what: `主机 ${value('host')}：没有适配器 ${value('name')}，或不是同一个文件`,
    fix: `在那里用 --adapter PATH/${value('name')} 启动它`,
  }),
  host_busy: (value) => ({
    what: `主机 ${value('host')}：已出借给另一个协调者`,
    fix: '等那次运行结束',
  }),
  host_descriptors: (value) => ({
    what: `主机 ${value('host')}：那里一个进程最多打开 ${value('has')} 个描述符，一个发生器需要 ${value('needed')} 个`,
    fix: '增加 --generators，或在那里提高上限：ulimit -n 65536',
  }),
  host_dialogue: (value) => ({
    what: `主机 ${value('host')}：协议不符（${value('said')}）`,
    fix: '那里监听的是 `kf bench agent` 吗？',
  }),
  host_gone: (value) => ({
    what: `主机 ${value('host')}：断开了（${value('why')}）`,
    fix: '看看那台主机上的输出',
  }),
  host_interrupted: (value) => ({ what: `主机 ${value('host')}：已中断`, fix: '让它跑完' }),
  host_message: (value) => ({
    what: `主机 ${value('host')}：不理解收到的消息`,
    fix: '两边的 kf 版本相同吗？',
  }),
  host_network: (value) => ({
    what: `主机 ${value('host')}：连接失败（${value('said')}）`,
    fix: '地址对吗？',
  }),
  host_silent: (value) => ({
    what: `主机 ${value('host')}：${value('ms')} ms 内没有应答`,
    fix: '地址对吗？防火墙放行了吗？它过载了吗？',
  }),
  host_target: (value) => ({
    what: `主机 ${value('host')}：不允许对 ${value('target')} 施加负载`,
    fix: `如果那个目标归您使用，在那里用 --allow-target ${value('target')} 启动它`,
  }),
  host_token: (value) => ({
    what: `主机 ${value('host')}：令牌不一致`,
    fix: '用 --host-token-file 指定它的令牌文件的副本',
  }),
  host_version: (value) => ({
    what: `主机 ${value('host')}：运行的是 kf ${value('theirs')}，这里是 kf ${value('ours')}`,
    fix: '请安装同一个版本',
  }),
}

/** What the errors of `kf bench --hosts` and `kf bench agent` say in Chinese; by code. */
export const hostErrorsZh: Readonly<Record<string, ErrorText>> = {
  ...hosts,
  host_listen: (value) => ({
    what: `无法监听 ${value('at')}（${value('reason')}）`,
    fix: '用 --listen 换一个地址',
  }),
  host_no_adapter: (value) => ({
    what: `--adapter：没有文件 ${value('path')}`,
    fix: '请给出适配器的路径',
  }),
  host_options: () => ({
    what: '--host-token-file 和 --beyond-loopback 只与 --hosts 同用',
    fix: '加上 --hosts，或去掉它们',
  }),
  host_count: (value) => ({
    what: `--hosts 给出了 ${value('count')} 台主机，最多 ${value('most')} 台`,
    fix: '少给几台：一台主机可以出借多个发生器',
  }),
  host_engine: (value) => ({
    what: `--engine ${value('engine')} 只在本机运行`,
    fix: '去掉 --hosts，或用 --engine kf',
  }),
  host_unreachable: (value) => ({
    what: `${value('host')} 访问不到本机回环地址上的服务器`,
    fix: '在它能访问的地址上启动 kf serve，并用 --target http://主机:端口/ 指定',
  }),
  host_beyond_loopback: (value) => ({
    what: `${value('option')} ${value('at')}：${value('host')} 不是回环地址`,
    fix: '如果那个网络可以看到负载和这个由令牌保护的端口，请加 --beyond-loopback',
  }),
  bench_token_open: (value) => ({
    what: `${value('path')} 对其他用户开放（权限 ${value('mode')}）`,
    fix: `chmod 600 ${value('path')}`,
  }),
  bench_token_unread: (value) => ({
    what: `令牌文件 ${value('path')} 无法读取（${value('reason')}）`,
    fix: '没有时 `kf bench agent` 会生成它；把副本交给协调者',
  }),
  bench_token_weak: (value) => ({
    what: `${value('path')} 里没有令牌：至少需要 ${value('least')} 个随机字符`,
    fix: `删掉它，让 \`kf bench agent\` 重新生成，或：openssl rand -hex ${value('bytes')} > ${value('path')}`,
  }),
  bench_token_unwritten: (value) => ({
    what: `令牌文件 ${value('path')} 无法写入（${value('reason')}）`,
    fix: '用 --token-file 换一个',
  }),
}
