/** What `kf chaos list`, `explain`, `validate` and `fuzz` say. */
export const chaosScenariosEn = {
  scenario: 'a shipped scenario (kf chaos list), or a YAML file',
  json: 'print JSON',
  validate: {
    summary: 'say all that is wrong with scenarios, with line and column',
    valid: (name: string, faults: number) => `${name}: fine, ${faults} ${faults === 1 ? 'fault' : 'faults'}`,
    invalid: (bad: number, all: number) => `${bad} of ${all} cannot be run`,
  },
  list: {
    summary: 'list the shipped scenarios with their questions, and every fault',
    scenarios: 'Scenarios',
    own: 'Scenarios in ./scenarios/chaos',
    broken: 'cannot be read; see kf chaos validate',
    faults: 'Faults',
    needing: 'Faults that need more than Toxiproxy',
    needs: (programs: string) => `needs ${programs}`,
    next: 'See one before it runs: kf chaos explain NAME. Its keys: docs/chaos.md.',
  },
  explain: {
    summary: 'show what a scenario will do, in words and as a picture',
    seed: "instead of the scenario's own seed; the same seed gives the same timeline",
    for: 'how long random faults are drawn (kitchen-sink), such as 10m',
  },
  fuzz: {
    summary: 'run schedules that seeds draw; make a scenario of each that breaks a promise',
    description: `Draws a schedule for each seed from the random faults of a scenario (kitchen-sink by default) and runs it. One that
breaks a promise is run again with fewer, shorter and closer faults until it is as short as it can be, and is written as
a scenario. Exit code: 0 nothing broke; 5 something did; 6 something could not be judged; 130 interrupted.`,
    seeds: 'how many seeds',
    first: 'the first of them',
    tries: 'runs that shrinking one failure may take',
    out: 'folder for scenarios, and for the reports of runs that broke a promise',
    leftOut: (fault: string, missing: string) => `left out: ${fault}, which needs ${missing}`,
    seed: (seed: number, faults: number, seconds: number) =>
      `seed ${seed}   ${faults} ${faults === 1 ? 'fault' : 'faults'}, ${seconds} s`,
    passed: (seed: number) => `seed ${seed}   every promise kept`,
    unknown: (seed: number, why: string) => `seed ${seed}   UNKNOWN: ${why}`,
    failed: (seed: number, broken: string) =>
      `seed ${seed}   FAIL ${broken}; looking for the shortest schedule`,
    shrinking: (run: number, faults: number) =>
      `  run ${run}: ${faults} ${faults === 1 ? 'fault' : 'faults'}`,
    shrunk: (before: number, after: number, file: string) => `  ${before} faults shrunk to ${after}: ${file}`,
    end: (passed: number, unknown: number, failed: number) =>
      `${passed} passed, ${unknown} unknown, ${failed} failed`,
  },
}

export const chaosScenariosZh: typeof chaosScenariosEn = {
  scenario: '自带的场景（kf chaos list），或 YAML 文件',
  json: '以 JSON 输出',
  validate: {
    summary: '指出场景中的全部错误，含行号和列号',
    valid: (name, faults) => `${name}：没有问题，${faults} 次故障`,
    invalid: (bad, all) => `${all} 个中有 ${bad} 个无法运行`,
  },
  list: {
    summary: '列出自带场景及其问题，以及所有故障',
    scenarios: '场景',
    own: './scenarios/chaos 中的场景',
    broken: '无法读取；见 kf chaos validate',
    faults: '故障',
    needing: '除 Toxiproxy 外还需要其他程序的故障',
    needs: (programs) => `需要 ${programs}`,
    next: '运行前先看：kf chaos explain 名称。各个键见 docs/chaos.md。',
  },
  explain: {
    summary: '用文字和图说明场景会做什么',
    seed: '代替场景自己的种子；种子相同，时间线就相同',
    for: '随机故障持续抽取多久（kitchen-sink），例如 10m',
  },
  fuzz: {
    summary: '运行由种子抽取的故障安排；违反承诺的写成场景',
    description: `对每个种子，从场景的随机故障（默认 kitchen-sink）中抽取一份安排并运行。违反承诺的会以更少、更短、更紧的故障
反复运行，直到短得不能再短，并写成场景。退出码：0 没有违反；5 有违反；6 有无法判定的；130 被中断。`,
    seeds: '种子数',
    first: '第一个种子',
    tries: '缩短一次失败最多可用的运行次数',
    out: '场景以及违反承诺的运行报告所在的目录',
    leftOut: (fault, missing) => `略去 ${fault}：需要 ${missing}`,
    seed: (seed, faults, seconds) => `种子 ${seed}   ${faults} 次故障，${seconds} 秒`,
    passed: (seed) => `种子 ${seed}   承诺全部守住`,
    unknown: (seed, why) => `种子 ${seed}   无法判定：${why}`,
    failed: (seed, broken) => `种子 ${seed}   违反 ${broken}；正在寻找最短的安排`,
    shrinking: (run, faults) => `  第 ${run} 次运行：${faults} 次故障`,
    shrunk: (before, after, file) => `  ${before} 次故障缩短为 ${after} 次：${file}`,
    end: (passed, unknown, failed) => `${passed} 个通过，${unknown} 个无法判定，${failed} 个失败`,
  },
}
