/** What `kf bench` says in its help; tables and screens have their words in the harness, which speaks both languages too. */
export const benchEn = {
  summary: 'measure a node: concurrency, average response time, error rate',
  language: 'en',
  scenario: 'what visitors do: a shipped scenario (--list) or a file of yours; options win over what it says',
  list: 'list the shipped scenarios',
  ramp: 'how long sending takes to reach its rate, and connections per second: 30s, or 30s,500/s',
  engine:
    'what makes the load: kf; k6, for a second opinion; autocannon, for the requests of a scenario alone',
  concurrency: 'visitors connected at the same time, one row for each number',
  mode: 'open: each visitor sends on a schedule; closed: one message in flight each, to find the capacity',
  rate: 'open mode: messages per second of each visitor',
  duration: 'seconds measured per row',
  warmup: 'seconds before that which do not count',
  seed: 'of the schedule; the same seed sends at the same instants',
  target:
    'echo or relay (bare ws servers), or http://host:port/ of a kf that runs, or ./FILE of an adapter to a peer; its own kf serve by default',
  site: 'with a URL: key of the site to talk in',
  data: 'with a URL: its data folder on this host, for the sealed site and its agents',
  agents: 'agents on top of the visitors; one for 50 by default',
  workers: 'socket processes of the server; as many as the limits ask by default',
  generators: 'processes that make the load; as many as the limits ask by default',
  yesReally: 'load a target that is not on this host',
  noAgentReplies: 'agents receive and do not answer',
  json: 'print the result as JSON',
  out: 'folder for reports',
  report: {
    summary: 'make the tables and the HTML page of a report again from its raw results',
    folder: 'folder that kf bench wrote',
  },
  compare: {
    summary: 'compare two sides of runs; exits 5 where something is worse beyond its bound',
    description:
      'Compares runs row by row: ratios after ÷ before with the interval that the repeats allow. Refuses INVALID rows, and other loads or machines.',
    side: "a report's folder, its result.json, or a folder of reports (each one a repeat)",
    tolerance: 'one bound for all ratios, in percent, instead of one for each metric (avg 10, p99 25 …)',
    force: 'compare all the same, and say what should not differ',
    json: 'print the comparison as JSON',
  },
  clean: {
    summary:
      'remove the sealed bench site from a node, running or not: its conversations, visitors and agents',
    data: 'data folder of the node, on this host',
    target: 'instead: administrative address of a running node, like http://127.0.0.1:7001/',
    tokenFile: 'with an address: file with its token (admin.token in its data folder)',
    json: 'print JSON',
    nothing: 'there is no bench site: nothing to clean',
    progress: (removed: string) => `removing the bench site: ${removed} rows so far`,
    done: (closed: string, removed: string) =>
      `bench site removed: ${closed} conversations closed, ${removed} rows removed`,
  },
}

export const benchZh: typeof benchEn = {
  summary: '测量节点：并发数、平均响应时间、错误率',
  language: 'zh',
  scenario: '访客做什么：自带的场景（--list）或自己的文件；选项优先于其中的设置',
  list: '列出自带的场景',
  ramp: '发送升到设定速率所需的时间，以及每秒连接数：30s 或 30s,500/s',
  engine: '由什么产生负载：kf；k6，作为第二意见；autocannon，只运行场景中的 REST 请求',
  concurrency: '同时在线的访客数，每个数字一行',
  mode: 'open：每个访客按计划发送；closed：每个访客始终有一条在途，用来测容量',
  rate: '开环：每个访客每秒的消息数',
  duration: '每行测量的秒数',
  warmup: '测量前不计入的秒数',
  seed: '发送计划的种子；种子相同，发送时刻就相同',
  target:
    'echo 或 relay（裸 ws 服务器），或一个运行中的 kf 的 http://主机:端口/，或同类产品适配器的文件 ./FILE；默认自己启动 kf serve',
  site: '目标是网址时：在哪个站点里对话（站点密钥）',
  data: '目标是网址时：它在本机的数据目录，用于封闭站点和其中的客服',
  agents: '访客之外的客服数；默认每 50 个访客一个',
  workers: '服务端的 socket 进程数；默认按系统限制决定',
  generators: '产生负载的进程数；默认按系统限制决定',
  yesReally: '对不在本机的目标施加负载',
  noAgentReplies: '客服只接收，不回复',
  json: '以 JSON 输出结果',
  out: '报告目录',
  report: {
    summary: '从原始结果重新生成报告的表格和 HTML 页面',
    folder: 'kf bench 写出的目录',
  },
  compare: {
    summary: '比较两组运行；有指标变差且超出上限时以 5 退出',
    description:
      '逐行比较：之后 ÷ 之前的比值，以及重复次数所能给出的区间。拒绝无效行，拒绝不同的负载或机器。',
    side: '报告目录、其中的 result.json，或一个装有多份报告的目录（每份算一次重复）',
    tolerance: '所有比值共用的上限（百分比），代替各指标自己的上限（平均 10、P99 25 …）',
    force: '仍然比较，并说明哪些本不该不同',
    json: '以 JSON 输出比较结果',
  },
  clean: {
    summary: '从节点（运行中或已停止）移除封闭的 bench 站点：它的会话、访客和客服',
    data: '节点在本机的数据目录',
    target: '或者：运行中节点的管理地址，例如 http://127.0.0.1:7001/',
    tokenFile: '目标是网址时：存有其令牌的文件（数据目录里的 admin.token）',
    json: '以 JSON 输出',
    nothing: '没有 bench 站点，无需清理',
    progress: (removed: string) => `正在移除 bench 站点：已删除 ${removed} 行`,
    done: (closed: string, removed: string) =>
      `bench 站点已移除：关闭了 ${closed} 个会话，删除了 ${removed} 行`,
  },
}
