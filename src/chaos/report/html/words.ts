import type { ReportLanguage } from '../words.ts'

/** What stands only on the page; the table's words and the verdict's are the final screen's. */
export type PageWords = {
  readonly title: string
  readonly started: string
  readonly took: string
  readonly target: string
  readonly command: string
  readonly machine: string
  readonly versions: string
  readonly seed: string
  readonly overview: string
  readonly table: string
  readonly thresholds: string
  readonly bound: string
  readonly state: { readonly holds: string; readonly violated: string; readonly undecided: string }
  readonly integrity: string
  readonly integrityColumns: readonly string[]
  readonly visitors: (count: string) => string
  readonly overTime: string
  readonly overTimeNote: string
  readonly coarse: (seconds: number) => string
  readonly rates: string
  readonly connections: string
  readonly memory: string
  readonly byPercentile: string
  readonly byPercentileAll: string
  readonly percentile: string
  readonly highest: string
  readonly response: string
  readonly delivered: string
  readonly sent: string
  readonly acked: string
  readonly errors: string
  readonly connected: string
  readonly reconnects: string
  readonly warmUp: string
  readonly lateAcks: string
  readonly second: string
  readonly secondsTable: string
  readonly noSeries: string
  readonly noCurves: string
  readonly trust: string
  readonly trustNote: string
  readonly reading: string
  readonly value: string
  readonly trustReadings: {
    readonly lag: string
    readonly receiveLag: string
    readonly slip: string
    readonly busiest: string
    readonly generatorShare: string
    readonly serverShare: string
    readonly other: string
    readonly steal: string
    readonly memory: string
    readonly cpuPressure: string
    readonly ioPressure: string
    readonly fileSystem: string
    readonly onDisk: string
  }
  readonly server: string
  readonly process: string
  readonly cores: string
  readonly hosts: string
  readonly hostsNote: string
  readonly hostColumns: readonly string[]
  readonly stages: string
  readonly stagesNote: string
  readonly stageColumns: readonly string[]
  readonly commits: (count: string, each: string, p50: string, p99: string) => string
  readonly loops: string
  readonly loopColumns: readonly string[]
  readonly references: string
  readonly referenceColumns: readonly string[]
  readonly failures: string
  readonly log: string
  readonly none: string
  readonly derived: string
}

export const pageWords: { readonly [language in ReportLanguage]: PageWords } = {
  en: {
    title: 'kf bench report',
    started: 'started',
    took: 'took',
    target: 'target',
    command: 'command',
    machine: 'machine',
    versions: 'versions',
    seed: 'seed',
    overview: 'Overview',
    table: 'Response time and errors by concurrency',
    thresholds: 'Thresholds',
    bound: 'bound',
    state: { holds: 'holds', violated: 'violated', undecided: 'cannot be judged' },
    integrity: 'Integrity',
    integrityColumns: [
      'concurrency',
      'messages acked',
      'answers acked',
      'lost',
      'acked but undelivered',
      'doubled',
      'out of order',
      'conversations read back',
    ],
    visitors: (count) => `${count} visitors`,
    overTime: 'Response time per second',
    overTimeNote: 'logarithmic; from the intended instant of sending to the durable ack',
    coarse: (seconds) =>
      `each point stands for ${seconds} s: the worst of their latencies, the sum of their errors`,
    rates: 'messages per second',
    connections: 'visitors connected',
    memory: 'server memory, MiB',
    byPercentile: 'Latency by percentile',
    byPercentileAll: 'Response time by percentile, all rows',
    percentile: 'percentile',
    highest: 'max',
    response: 'response time',
    delivered: 'delivered to the agent',
    sent: 'sent',
    acked: 'acked',
    errors: 'errors',
    connected: 'connected',
    reconnects: 'reconnects',
    warmUp: 'warm-up',
    lateAcks: 'late acks',
    second: 'second',
    secondsTable: 'The same as a table',
    noSeries: 'This run kept no figures per second.',
    noCurves: 'This row was not measured.',
    trust: 'Can the instrument be trusted?',
    trustNote: 'Past one of these bounds a row is INVALID: the generator would be measuring itself.',
    reading: 'reading',
    value: 'value',
    trustReadings: {
      lag: 'lateness of the generators’ loops, p99',
      receiveLag: 'lateness of their receive stamps, p99',
      slip: 'schedule slip, p99',
      busiest: 'cores of the busiest generator',
      generatorShare: 'share of the generators’ cores in use',
      serverShare: 'share of the server’s cores in use',
      other: 'cores kept busy by other processes',
      steal: 'CPU taken by the hypervisor',
      memory: 'time in which all waited for memory',
      cpuPressure: 'time in which some waited for the CPU',
      ioPressure: 'time in which all waited for the disk',
      fileSystem: 'data folder',
      onDisk: 'not in memory',
    },
    server: 'Server',
    process: 'process',
    cores: 'cores',
    hosts: 'Hosts that lent the generators',
    hostsNote:
      'Delivery times between users on two hosts may be off by the sum of their clocks’ uncertainties; response times are taken on one.',
    hostColumns: ['host', 'generators', 'cores used', 'clock', 'the busiest', 'other processes', 'cores'],
    stages: 'Stages of the server',
    stagesNote:
      'Work over all processes for one message that came in; queues as deep as they were seen, once a second. The time of commit includes the sync.',
    stageColumns: [
      'stage',
      'in',
      'refused',
      'batches',
      'work per message',
      'waited p50',
      'waited p99',
      'queue',
    ],
    commits: (count, each, p50, p99) => `${count} commits of ${each} operations; sync p50 ${p50}, p99 ${p99}`,
    loops: 'Event loops of the server',
    loopColumns: ['process', 'lateness p99, worst second', 'worst', 'busy'],
    references: 'Beside bare targets, same load, same run',
    referenceColumns: [
      'target',
      'avg',
      'p99',
      'msgs/s',
      'server CPU',
      'CPU per message',
      'kf ÷ target, msgs/s',
    ],
    failures: 'Causes of errors',
    log: 'Last lines of the server’s log',
    none: 'none',
    derived: 'Made from result.json, details.json and raw/ beside this page; made again by',
  },
  zh: {
    title: 'kf bench 报告',
    started: '开始于',
    took: '用时',
    target: '目标',
    command: '命令',
    machine: '机器',
    versions: '版本',
    seed: '种子',
    overview: '概览',
    table: '各并发数下的响应时间与错误率',
    thresholds: '阈值',
    bound: '上限',
    state: { holds: '满足', violated: '违反', undecided: '无法判定' },
    integrity: '完整性',
    integrityColumns: [
      '并发数',
      '已确认消息',
      '已确认回复',
      '丢失',
      '已确认但未送达',
      '重复',
      '乱序',
      '已回读会话',
    ],
    visitors: (count) => `${count} 位访客`,
    overTime: '每秒响应时间',
    overTimeNote: '对数坐标；从计划发送的时刻到落盘确认',
    coarse: (seconds) => `每个点代表 ${seconds} 秒：延迟取最差，错误取总和`,
    rates: '每秒消息数',
    connections: '已连接访客',
    memory: '服务器内存，MiB',
    byPercentile: '延迟的百分位分布',
    byPercentileAll: '响应时间的百分位分布，全部行',
    percentile: '百分位',
    highest: '最大',
    response: '响应时间',
    delivered: '送达客服',
    sent: '已发送',
    acked: '已确认',
    errors: '错误',
    connected: '已连接',
    reconnects: '重连',
    warmUp: '预热',
    lateAcks: '等待迟到的确认',
    second: '秒',
    secondsTable: '同样的数据，表格形式',
    noSeries: '这次运行没有保存每秒数据。',
    noCurves: '这一行没有测到数据。',
    trust: '测量工具可信吗？',
    trustNote: '超过任何一个上限，该行即为无效：那样测到的是发生器自己。',
    reading: '读数',
    value: '数值',
    trustReadings: {
      lag: '发生器事件循环滞后，P99',
      receiveLag: '接收打点滞后，P99',
      slip: '发送偏差，P99',
      busiest: '最忙的发生器所用核数',
      generatorShare: '发生器的核的使用率',
      serverShare: '服务器的核的使用率',
      other: '其他进程占用的核数',
      steal: '虚拟机管理器拿走的 CPU',
      memory: '全部在等内存的时间',
      cpuPressure: '有任务在等 CPU 的时间',
      ioPressure: '全部在等磁盘的时间',
      fileSystem: '数据目录',
      onDisk: '不在内存中',
    },
    server: '服务器',
    process: '进程',
    cores: '核',
    hosts: '出借发生器的主机',
    hostsNote: '两台主机之间的送达时间，误差不超过两边时钟不确定度之和；响应时间在同一台主机上测得。',
    hostColumns: ['主机', '发生器', '所用核数', '时钟', '最忙的一个', '其他进程', '核'],
    stages: '服务器各阶段',
    stagesNote: '每条进入的消息在所有进程中的开销；队列为每秒观察到的最大深度。commit 的时间包含磁盘同步。',
    stageColumns: ['阶段', '进入', '拒绝', '批次', '每条消息开销', '等待 P50', '等待 P99', '队列'],
    commits: (count, each, p50, p99) => `${count} 次提交，每次 ${each} 个操作；同步 P50 ${p50}，P99 ${p99}`,
    loops: '服务器的事件循环',
    loopColumns: ['进程', '滞后 P99（最差的一秒）', '最大', '忙碌'],
    references: '与裸目标对比，同一负载，同一次运行',
    referenceColumns: ['目标', '平均', 'P99', '消息/秒', '服务器 CPU', '每条消息 CPU', 'kf ÷ 目标，消息/秒'],
    failures: '错误原因',
    log: '服务器日志的最后几行',
    none: '无',
    derived: '由本页旁边的 result.json、details.json 和 raw/ 生成；重新生成：',
  },
}
