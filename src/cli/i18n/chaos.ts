/** What `kf chaos` says. Screens and reports have words of their own (`src/chaos/report/experiment/words.ts`). */
export const chaosEn = {
  summary: 'break a node on purpose and check every promise from what its clients recorded',
  run: {
    summary: 'run scenarios: faults under load, then a verdict on every promise',
    description: `Runs each scenario against a node of its own behind Toxiproxy, heals, reads everything back and judges.
Exit code: 0 every promise kept; 5 one is broken, or a fault is left unhealed; 6 one cannot be judged (unknown is never pass), or the run was aborted; 130 interrupted and healed. Of several runs the gravest counts.`,
    all: 'run every shipped scenario, and write resilience.md and resilience.html beside the reports',
    tag: 'with --all: only scenarios with this tag',
    onlyAvailable: 'with --all: a scenario whose tools are missing does not change the exit code',
    seed: "instead of the scenario's own seed; the same seed gives the same schedule",
    out: 'folder for reports',
    json: 'print the result as JSON; of several scenarios an array',
    yesReally: 'break a target that is not on this host; its host must stand in safety.allow_targets too',
    verbose: 'list every promise and probe, and all evidence',
    data: 'with topology.attach: data folder of the node, on this host, for the sealed site and its agents',
    site: 'with topology.attach, instead: key of the site to talk in',
    agentTokens:
      "with --site: file with a session token of an agent a line, as many as the scenario's agents",
  },
  heal: {
    summary: 'undo what a run left behind that was killed together with its guard',
    description: `Undoes what stands in the undo logs of earlier runs: faults, stopped processes, nodes, mounts and folders of kf's own. The next kf chaos run does the same first. Exit code: 0 nothing is left, 1 something would not heal.`,
    json: 'print JSON',
    nothing: 'nothing is left to heal',
    healed: (count: number) => `undone: ${count} ${count === 1 ? 'step' : 'steps'}`,
    left: (count: number) => `NOT undone: ${count} ${count === 1 ? 'step' : 'steps'}`,
  },
  report: {
    summary: 'make report.md and index.html of a run again, from result.json and history.jsonl',
    folder: 'folder that kf chaos run wrote',
  },
  check: {
    summary: 'judge a recorded history',
    description: `Reads a history of one JSON object a line and judges every promise. Bounds (resets, growth of memory, minimum of acks …) come from the result.json beside it, where there is one. Exit code: 0 kept, 5 broken, 6 cannot be judged.`,
    history: 'history.jsonl of a run',
    json: 'print the verdicts as JSON',
  },
  notRun: (tools: string) => `not run: needs ${tools}`,
  failed: (why: string) => `not run: ${why}`,
  progress: (name: string, index: number, all: number) => `${name}   ${index}/${all}`,
  resilience: (file: string) => `resilience page  ${file}`,
}

export const chaosZh: typeof chaosEn = {
  summary: '故意弄坏节点，并用客户端的记录检查每一项承诺',
  run: {
    summary: '运行场景：在负载下注入故障，然后对每一项承诺下结论',
    description: `每个场景都针对 Toxiproxy 之后的一个自有节点运行，恢复、全部回读，然后判定。
退出码：0 承诺全部守住；5 有违反，或有故障未恢复；6 有无法判定的（未知不算通过），或运行被中止；130 被中断且已恢复。多次运行取最严重的。`,
    all: '运行所有自带场景，并在报告旁写出 resilience.md 和 resilience.html',
    tag: '与 --all 同用：只运行带这个标签的场景',
    onlyAvailable: '与 --all 同用：缺少工具的场景不影响退出码',
    seed: '代替场景自己的种子；种子相同，安排就相同',
    out: '报告目录',
    json: '以 JSON 输出结果；多个场景时为数组',
    yesReally: '弄坏不在本机的目标；其主机还必须列在 safety.allow_targets 中',
    verbose: '列出每一项承诺、每个探针和全部证据',
    data: '使用 topology.attach 时：节点在本机的数据目录，用于封闭站点和其中的客服',
    site: '使用 topology.attach 时，或者：在哪个站点里对话（站点密钥）',
    agentTokens: '与 --site 同用：每行一个客服会话令牌的文件，数量不少于场景的客服数',
  },
  heal: {
    summary: '撤销一次连同守护进程一起被杀死的运行所留下的故障',
    description: `撤销之前各次运行的撤销日志里的内容：故障、被暂停的进程、kf 自己的节点、挂载和目录。下一次 kf chaos run 也会先这样做。退出码：0 没有剩余，1 有未能撤销的。`,
    json: '以 JSON 输出',
    nothing: '没有需要恢复的',
    healed: (count) => `已撤销 ${count} 步`,
    left: (count) => `未能撤销 ${count} 步`,
  },
  report: {
    summary: '从 result.json 和 history.jsonl 重新生成一次运行的 report.md 和 index.html',
    folder: 'kf chaos run 写出的目录',
  },
  check: {
    summary: '判定一份记录下来的历史',
    description: `读取每行一个 JSON 对象的历史，判定每一项承诺。各项上限（重置次数、内存增长、最少确认数等）取自旁边的 result.json（如果有）。退出码：0 守住，5 违反，6 无法判定。`,
    history: '一次运行的 history.jsonl',
    json: '以 JSON 输出结论',
  },
  notRun: (tools) => `未运行：需要 ${tools}`,
  failed: (why) => `未运行：${why}`,
  progress: (name, index, all) => `${name}   ${index}/${all}`,
  resilience: (file) => `韧性页面  ${file}`,
}
