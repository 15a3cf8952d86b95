import { sentenceZh } from './config-sentences.ts'
import type { ErrorText } from './texts.ts'

/** What the server's centre says: the error tells which sentences, and the values in them. */
const ofTheCentre: ErrorText = (value) => {
  const fix = value('fix')
  const what = sentenceZh(value('says'), value)
  if (what === undefined) return undefined
  return { what, fix: fix === '' ? undefined : sentenceZh(fix, value) }
}

/** What the errors of `kf config` say in Chinese; by code. */
export const configErrorsZh: Readonly<Record<string, ErrorText>> = {
  config_folder: (value) => ({
    what: `${value('path')}：没有配置文件`,
    fix: 'kf config init 写出新的，kf config pull 写出生效版本的；也可以指定它们所在的目录',
  }),
  config_differs: (value) => ({
    what: `${value('files')} 与版本 ${value('revision')} 不同`,
    fix: '先看 kf config diff；--force 会替换它，旧文件保留为 NAME.before-pull',
  }),
  config_write: (value) => ({
    what: `${value('path')}：无法写入（${value('reason')}）`,
    fix: '请用 --dir 指定当前用户可以写入的目录',
  }),
  server_unreachable: (value) => ({
    what: `${value('where')} 没有 kf 应答（${value('reason')}）`,
    fix:
      value('remote') === 'yes'
        ? '检查网址，以及那里的 kf serve 是否在运行'
        : '用 kf serve 启动，用 --data 指定其数据目录，或用 --server 指定另一台主机',
  }),
  certificate: (value) => ({
    what: `${value('host')} 的证书不可信（${value('reason')}）：没有发送令牌`,
    fix: '如果是你自己的证书机构，请用 --ca 指定其证书；如果是别人的证书，就不要连接',
  }),
  server_url: (value) => ({
    what: `--server ${value('given')} 不是 http 或 https 网址`,
    fix: '请给出管理地址，例如 https://chat.example.com/kf-admin/',
  }),
  server_plain: (value) => ({
    what: `--server ${value('host')} 会在未加密的情况下得到令牌`,
    fix: '请用 https，或隧道：ssh -L 7001:127.0.0.1:7001，再用 --server http://127.0.0.1:7001',
  }),
  no_token: () => ({
    what: '网络上的服务器需要令牌，而这里没有',
    fix: '把 KF_TOKEN 或 --token-file 设为其数据目录中 admin.token 的内容',
  }),
  token_file: (value) => ({
    what: `--token-file ${value('file')} 无法读取（${value('reason')}）`,
    fix: '请指定当前用户可以读取的文件',
  }),
  token_file_open: (value) => ({
    what: `--token-file ${value('file')} 可被其他用户读取（权限 ${value('mode')}）`,
    fix: `chmod 600 ${value('file')}；如果别人可能读过，请换一个令牌`,
  }),
  ca_file: (value) => ({
    what: `--ca ${value('file')} 不能作为证书使用（${value('reason')}）`,
    fix: '请指定 PEM 格式的证书文件',
  }),
  unauthenticated: () => ({
    what: '服务器不接受这个令牌',
    fix: '令牌是其数据目录中 admin.token 的内容',
  }),
  confirm_within: (value) => ({
    what: `--confirm-within ${value('given')} 不是 1 秒到 24 小时之间的时间`,
    fix: '请写成 60s、5m 或 1h',
  }),
  revision_conflict: ofTheCentre,
  unconfirmed: ofTheCentre,
  not_prepared: ofTheCentre,
  not_found: ofTheCentre,
  unavailable: ofTheCentre,
  bad_request: ofTheCentre,
}
