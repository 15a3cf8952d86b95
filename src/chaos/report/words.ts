/** Words of tables and final screens; both dictionaries have the same keys. */
export type ReportLanguage = 'en' | 'zh'

export type ReportWords = {
  readonly language: ReportLanguage
  readonly columns: readonly [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  readonly liveColumns: readonly [string, string, string, string, string, string, string]
  readonly invalid: string
  readonly verdict: {
    readonly pass: string
    readonly fail: string
    readonly invalid: string
    readonly interrupted: string
  }
  readonly rowsValid: (valid: number, all: number) => string
  readonly cannotJudge: (rows: string) => string
  readonly thresholds: {
    readonly connected: string
    readonly average: string
    readonly p50: string
    readonly p95: string
    readonly p99: string
    readonly p999: string
    readonly deliveredP99: string
    readonly errorRate: string
    readonly throughput: string
    readonly memoryGrowth: string
    readonly answers: string
    readonly undelivered: string
  }
  readonly integrity: string
  readonly lost: string
  readonly duplicated: string
  readonly outOfOrder: string
  readonly messages: string
  readonly answers: string
  readonly readBack: string
  readonly echoFloor: string
  readonly ofReference: string
  readonly disk: string
  readonly report: string
  readonly again: string
  readonly failures: string
  readonly phases: { readonly [phase in 'start' | 'connect' | 'warm-up' | 'measure' | 'drain']: string }
  readonly next: string
  readonly valid: string
  readonly connectedLine: (visitors: string, agents: string) => string
  readonly overTime: (seconds: number) => string
  readonly server: string
  readonly generator: string
  readonly hosts: string
  readonly sameMachine: string
  readonly clock: string
  readonly cores: string
  readonly lag: string
  readonly receiveLag: string
  readonly slip: string
  readonly persistQueue: string
  readonly stages: string
  readonly waited: string
  readonly queue: string
  readonly commits: (count: string, each: string) => string
  readonly loops: string
  readonly trustworthy: string
  readonly untrustworthy: string
  readonly stopKey: string
  readonly stopping: string
  readonly openLoop: (interval: string) => string
  readonly closedLoop: string
  /** The same of a scenario's flows. */
  readonly openFlows: (interval: string) => string
  readonly closedFlows: string
  readonly requestsOnly: string
  readonly flows: string
  readonly restColumns: readonly [string, string, string, string, string, string]
  readonly ramp: (over: string, connections: string) => string
  readonly self: (workers: number, generators: number) => string
}

export const reportWords: { readonly [language in ReportLanguage]: ReportWords } = {
  en: {
    language: 'en',
    columns: [
      'concurrency',
      'avg response time',
      'error rate',
      'p50',
      'p95',
      'p99',
      'p99.9',
      'delivered p99',
      'msgs/s',
      'server CPU',
      'server RSS',
    ],
    liveColumns: [
      'concurrency',
      'avg response',
      'error rate',
      'p99',
      'delivered p99',
      'msgs/s',
      'lost/dup/order',
    ],
    invalid: 'INVALID',
    verdict: { pass: 'PASS', fail: 'FAIL', invalid: 'INVALID', interrupted: 'INTERRUPTED' },
    rowsValid: (valid, all) => `${valid} of ${all} rows valid`,
    cannotJudge: (rows) => `${rows} cannot be judged`,
    thresholds: {
      connected: 'connected = asked',
      average: 'avg',
      p50: 'p50',
      p95: 'p95',
      p99: 'p99',
      p999: 'p99.9',
      deliveredP99: 'delivered p99',
      errorRate: 'error rate',
      throughput: 'msgs/s',
      memoryGrowth: 'server RSS growth',
      answers: 'answers without ack',
      undelivered: 'acked but undelivered',
    },
    integrity: 'integrity',
    lost: 'lost',
    duplicated: 'doubled',
    outOfOrder: 'out of order',
    messages: 'messages acked',
    answers: 'answers acked',
    readBack: 'conversations read back',
    echoFloor: 'echo floor',
    ofReference: 'capacity',
    disk: 'disk sync',
    report: 'report',
    again: 'again',
    failures: 'causes',
    phases: {
      start: 'starting',
      connect: 'connecting',
      'warm-up': 'warming up',
      measure: 'measuring',
      drain: 'reading back',
    },
    next: 'next',
    valid: 'valid',
    connectedLine: (visitors, agents) =>
      `connected  visitors ${visitors}${agents === '' ? '' : `   agents ${agents}`}`,
    overTime: (seconds) => `p99, ${seconds} s`,
    server: 'server',
    generator: 'generator',
    hosts: 'hosts',
    sameMachine: 'on this machine',
    clock: 'clock',
    cores: 'cores',
    lag: 'lag p99',
    receiveLag: 'receive lag p99',
    slip: 'slip p99',
    persistQueue: 'persist queue',
    stages: 'stages',
    waited: 'waited p99',
    queue: 'queue',
    commits: (count, each) => `${count} commits of ${each}`,
    loops: 'loop lag',
    trustworthy: 'trustworthy',
    untrustworthy: 'NOT trustworthy',
    stopKey: 'q: stop and report',
    stopping: 'stopping: what is measured so far will be reported',
    openLoop: (interval) => `open, 1 msg/${interval}/visitor`,
    closedLoop: 'closed, 1 msg in flight/visitor',
    openFlows: (interval) => `open, 1 flow/${interval}/visitor`,
    closedFlows: 'closed, 1 flow after the other/visitor',
    requestsOnly: 'requests at a fixed rate, by autocannon',
    flows: 'flows',
    restColumns: ['REST step', 'requests/s', 'avg', 'p50', 'p99', 'errors'],
    ramp: (over, connections) => `ramp ${over}, ${connections} sockets/s`,
    self: (workers, generators) => `self: ${count(workers, 'worker')}, ${count(generators, 'generator')}`,
  },
  zh: {
    language: 'zh',
    columns: [
      '并发数',
      '平均响应时间',
      '错误率',
      'P50',
      'P95',
      'P99',
      'P99.9',
      '送达 P99',
      '消息/秒',
      'CPU',
      '内存',
    ],
    liveColumns: ['并发数', '平均响应时间', '错误率', 'P99', '送达 P99', '消息/秒', '丢失/重复/乱序'],
    invalid: '无效',
    verdict: { pass: '通过', fail: '未通过', invalid: '无效', interrupted: '已中断' },
    rowsValid: (valid, all) => `${all} 行中 ${valid} 行有效`,
    cannotJudge: (rows) => `${rows} 无法判定`,
    thresholds: {
      connected: '已连接 = 要求数',
      average: '平均响应时间',
      p50: 'P50',
      p95: 'P95',
      p99: 'P99',
      p999: 'P99.9',
      deliveredP99: '送达 P99',
      errorRate: '错误率',
      throughput: '消息/秒',
      memoryGrowth: '服务器内存增长',
      answers: '未确认的客服回复',
      undelivered: '已确认但未送达',
    },
    integrity: '完整性',
    lost: '丢失',
    duplicated: '重复',
    outOfOrder: '乱序',
    messages: '条消息已确认',
    answers: '条回复已确认',
    readBack: '个会话已回读',
    echoFloor: '回显下限',
    ofReference: '容量',
    disk: '磁盘同步',
    report: '报告',
    again: '重跑',
    failures: '原因',
    phases: { start: '启动中', connect: '连接中', 'warm-up': '预热中', measure: '测量中', drain: '回读中' },
    next: '等待',
    valid: '有效',
    connectedLine: (visitors, agents) =>
      `已连接  访客 ${visitors}${agents === '' ? '' : `   客服 ${agents}`}`,
    overTime: (seconds) => `P99，${seconds} 秒`,
    server: '服务器',
    generator: '发生器',
    hosts: '主机',
    sameMachine: '在本机',
    clock: '时钟',
    cores: '核',
    lag: '滞后 P99',
    receiveLag: '接收滞后 P99',
    slip: '发送偏差 P99',
    persistQueue: '持久化队列',
    stages: '阶段',
    waited: '等待 P99',
    queue: '队列',
    commits: (count, each) => `${count} 次提交，每次 ${each} 条`,
    loops: '循环滞后',
    trustworthy: '可信',
    untrustworthy: '不可信',
    stopKey: 'q：停止并出报告',
    stopping: '正在停止：已测到的部分会写入报告',
    openLoop: (interval) => `开环，每访客每 ${interval} 一条`,
    closedLoop: '闭环，每访客在途一条',
    openFlows: (interval) => `开环，每访客每 ${interval} 一个流程`,
    closedFlows: '闭环，每访客流程相接',
    requestsOnly: '固定速率的请求，由 autocannon 发出',
    flows: '流程',
    restColumns: ['REST 步骤', '请求/秒', '平均响应时间', 'P50', 'P99', '错误'],
    ramp: (over, connections) => `爬坡 ${over}，每秒 ${connections} 个连接`,
    self: (workers, generators) => `自带：${workers} 个 worker，${generators} 个发生器`,
  },
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
