import type { ErrorText } from './texts.ts'

/** What the errors of the chaos harness say in Chinese; by code. */
export const chaosErrorsZh: Readonly<Record<string, ErrorText>> = {
  not_a_chaos_report: (value) => ({
    what: `${value('path')} 不存在，或不是 kf chaos run 写出的`,
    fix: '指定 kf chaos run 写出的目录，例如 reports/2026-01-31-chaos-partition',
  }),
  chaos_tools_missing: (value) => ({
    what: `${value('name')} 需要 ${value('missing')}，本机没有`,
    fix: value('get'),
  }),
  beyond_loopback: (value) => ({
    what: `${value('name')}：${value('address')} 不在本机`,
    fix:
      value('allowed') === 'true'
        ? '故障会让服务器停摆；如果它归您支配，加上 --yes-really'
        : `故障会让服务器停摆；如果它归您支配，把 ${value('host')} 加入 safety.allow_targets，并加上 --yes-really`,
  }),
}
