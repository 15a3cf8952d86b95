/** What `kf chaos validate`, `list` and `explain` say. */
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
  },
}
