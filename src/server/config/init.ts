import type { Language } from '../../core/said.ts'
import { tables } from './definitions.ts'
import { fileTrees } from './keys.ts'
import { formatOf } from './kinds.ts'
import { isSetting, type Setting, type Tree } from './setting.ts'
import type { ConfigFileName } from './snapshot.ts'

const words = {
  en: {
    intro: [
      'Every key may be left out; a key behind # is out, with its default. kf config validate checks this file,',
      'kf config apply puts it into effect.',
    ],
    without: (otherwise: string) => `Without it: ${otherwise}.`,
    effect: {
      hot: 'Takes effect at once.',
      'new-connections': 'Takes effect for new connections.',
      restart: 'Takes effect at the next start.',
    },
  },
  zh: {
    intro: [
      '所有键都可以省略；# 之后的键表示未设置，其值为默认值。kf config validate 检查此文件，',
      'kf config apply 使其生效。',
    ],
    without: (otherwise: string) => `不设置时：${otherwise}。`,
    effect: { hot: '立即生效。', 'new-connections': '对新连接生效。', restart: '下次启动时生效。' },
  },
} as const

const examples = {
  'url-or-none': '"https://example.com/chat/"',
  'whole-or-none': '2',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the reference as a file has it.
  'secret-or-none': '"${KF_ADMIN_TOKEN}"',
} as const

/** A file with all its keys commented out, each with what it does: it sets nothing, and shows everything. */
export function initFile(file: ConfigFileName, language: Language): string {
  const title = tables[file]?.[language] ?? ''
  const head = [file, title, ...words[language].intro].map((line) => `# ${line}`)
  return `${[...head, ...tableLines(file, fileTrees[file], '', language)].join('\n')}\n`
}

function tableLines(file: ConfigFileName, tree: Tree, table: string, language: Language): string[] {
  const entries = Object.entries(tree)
  // In TOML, what stands below a table's name belongs to it: so a table's own keys come first.
  const own = entries.flatMap(([name, node]) => (isSetting(node) ? keyLines(name, node, language) : []))
  const below = entries.flatMap(([name, node]) => {
    if (isSetting(node)) return []
    const path = table === '' ? name : `${table}.${name}`
    const says = tables[`${file}:${path}`]?.[language]
    const hasKeys = Object.values(node).some(isSetting)
    const head = ['', ...(says === undefined ? [] : [`# ${says}`]), ...(hasKeys ? [`[${path}]`] : [])]
    return [...(hasKeys || says !== undefined ? head : []), ...tableLines(file, node, path, language)]
  })
  return [...own, ...below]
}

function keyLines(name: string, setting: Setting, language: Language): string[] {
  const { effect, without } = words[language]
  const otherwise = 'otherwise' in setting ? [`# ${without(setting.otherwise[language])}`] : []
  return [
    '',
    `# ${setting.says[language]} ${effect[setting.effect]}`,
    ...otherwise,
    `# ${name} = ${exampleOf(setting)}`,
  ]
}

/** A key's default as TOML writes it, or an example where it has none. */
export function exampleOf(setting: Setting): string {
  if (!('default' in setting)) return examples[setting.kind]
  const preset: string | number | readonly string[] = setting.default
  return formatOf(setting, preset)
}
