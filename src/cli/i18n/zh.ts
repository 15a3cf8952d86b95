import type { Texts } from './texts.ts'

export const zh: Texts = {
  help: {
    usage: '用法：',
    arguments: '参数：',
    options: '选项：',
    commands: '命令：',
    help: '显示本帮助',
    version: '显示 kf 的版本',
    lang: '消息语言，zh 或 en（也可用环境变量 LANG）',
    default: '默认',
    summary: '自托管的在线客服，运维人员能证明它做了什么。',
    footer: `示例：
  kf serve                           在 ./data 运行一个节点，打印地址和首次登录信息
  kf bench --concurrency 5000        测量：响应时间、错误率、丢失
  kf doctor https://example.com/     经过真实代理，看瓶颈在哪里

文档：docs/operations.md、docs/protocol.md、docs/architecture.md`,
  },
  serve: {
    summary: '运行一个节点：监管进程、写入进程和工作进程',
    data: '数据目录，不存在则创建',
    config: '存放 server.toml 的目录；有 ./configs 时自动读取',
    listen: '访客和客服连接的地址；端口 0 表示任意空闲端口',
    adminListen: '健康检查、指标和管理的地址',
    workers: '处理连接的进程数；默认每核一个，最多 4 个',
    publicUrl: '前面有代理时访客看到的地址；可以带路径',
    jsonReady: '就绪时打印一行 JSON，代替说明',
    draining: '正在排空：连接会在 10 秒内关闭；再按一次立即停止',
    stopped: '已停止',
  },
  banner: {
    ready: (version, ms) => `kf ${version}，${ms} 毫秒后就绪`,
    login: '登录',
    loginOnce: (login, password) => `${login}   一次性密码 ${password}   （只显示这一次）`,
    loginAgain: '同以前；要新的一次性密码：kf agent reset-password owner',
    embed: '嵌入',
    embedText: '在线客服',
    admin: '管理',
    data: '数据',
    durability: '持久',
    durabilityText: '磁盘确认写入之后才应答（SQLite，WAL，synchronous=FULL）',
    limits: '上限',
    limitsText: (workers, sockets) => `${workers} 个工作进程，${sockets} 个连接`,
    limitsUnknown: '取决于可打开的文件数',
    limitsDescriptors: '单个进程可打开的文件太少，所以用两个工作进程',
    next: '接下来',
    nextText: 'kf bench --concurrency 5000    或    kf agent add 名字',
  },
  agent: {
    summary: '管理节点的客服，节点运行与否都可以',
    add: '添加客服并打印一次性密码',
    list: '列出客服',
    reset: '给客服一个新的一次性密码，并结束其所有会话',
    login: '登录名',
    name: '访客看到的名字',
    capacity: '同时接待的会话数',
    role: 'owner、supervisor 或 agent',
    site: '站点的 id 或 key；默认第一个',
    data: '节点的数据目录',
    json: '打印 JSON',
    once: (login, password) => `${login}   一次性密码 ${password}   （只显示这一次；首次登录时须修改）`,
    none: '还没有客服：kf agent add 名字',
    columns: { login: '登录名', name: '名字', role: '角色', capacity: '容量', load: '会话', status: '状态' },
    disabled: '已停用',
  },
  bench: { summary: '测量节点：并发数、平均响应时间、错误率' },
  completion: {
    summary: '打印 shell 的补全脚本',
    shell: 'bash、zsh 或 fish',
  },
  doctor: {
    summary: '说明本机的瓶颈，以及代理对连接做了什么',
    url: '运行中节点的公开网址：经过真实代理检查',
    data: '用来测试磁盘的数据目录',
    idleFor: '静默连接保持多久，例如 70s',
    json: '打印 JSON',
  },
  errors: {
    unknownCommand: (name) => `没有命令 ${name}`,
    unknownOption: (name) => `未知选项 ${name}`,
    didYouMean: (word) => `是否想写 ${word}？`,
    seeHelp: (command) => `参见 ${command} --help`,
    missingArgument: (name) => `缺少参数 ${name}`,
    missingValue: (name) => `选项 ${name} 需要一个值`,
    tooMany: '参数太多',
    defect: (message) => `内部错误：${message}；这是缺陷：请用 KF_DEBUG=1 重新运行并报告调用栈`,
    byCode: {
      port_in_use: (value) => ({
        what: `${value('at')} 已被占用：另一个程序（可能是另一个 kf）在监听`,
        fix: `停掉它，或用 ${value('flag')} 换一个地址`,
      }),
      port_forbidden: (value) => ({
        what: `当前用户无权监听 ${value('at')}`,
        fix: `用 ${value('flag')} 选 1023 以上的端口，443 交给反向代理`,
      }),
      address_unknown: (value) => ({
        what: `${value('at')} 不是本机的地址`,
        fix: `用 ${value('flag')} 选一个：127.0.0.1 只限本机，0.0.0.0 是所有地址`,
      }),
      folder_in_use: (value) => ({
        what: `数据目录 ${value('folder')} 正被另一个 kf 使用`,
        fix: '停掉那个 kf，或用 --data 换一个目录',
      }),
      folder_unwritable: (value) => ({
        what: `数据目录 ${value('folder')} 无法写入`,
        fix: '用 --data 指定一个当前用户可写的目录',
      }),
      disk_full: (value) => ({
        what: `数据目录 ${value('folder')} 所在的磁盘已满`,
        fix: '腾出空间，或用 --data 换一个目录',
      }),
      login_taken: (value) => ({
        what: `登录名 ${value('login')} 已被使用`,
        fix: '换一个；kf agent list 会列出已有的',
      }),
    },
  },
}
