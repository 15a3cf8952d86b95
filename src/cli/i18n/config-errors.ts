import type { ErrorText } from './texts.ts'

/** What the errors of `kf config` say in Chinese; by code. */
export const configErrorsZh: Readonly<Record<string, ErrorText>> = {
  config_folder: (value) => ({
    what: `${value('path')}：没有配置文件`,
    fix: 'kf config init 会写出它们；也可以指定它们所在的目录',
  }),
  config_differs: (value) => ({
    what: `${value('files')} 与版本 ${value('revision')} 不同`,
    fix: '先看 kf config diff；--force 会替换它，旧文件保留为 NAME.before-pull',
  }),
  config_write: (value) => ({
    what: `${value('path')}：无法写入（${value('reason')}）`,
    fix: '请用 --dir 指定当前用户可以写入的目录',
  }),
}
