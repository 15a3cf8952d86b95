/** What `kf bench` says in its help; tables and screens have their words in the harness, which speaks both languages too. */
export const benchEn = {
  summary: 'measure a node: concurrency, average response time, error rate',
  language: 'en',
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
}

export const benchZh: typeof benchEn = {
  summary: '测量节点：并发数、平均响应时间、错误率',
  language: 'zh',
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
}
