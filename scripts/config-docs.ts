import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { tables } from '../src/server/config/definitions.ts'
import { fileBounds } from '../src/server/config/guard.ts'
import { definedKeys, type Key } from '../src/server/config/keys.ts'
import { jsonSchemaOf } from '../src/server/config/schema.ts'
import { type ConfigFileName, configFileNames } from '../src/server/config/snapshot.ts'

const root = new URL('..', import.meta.url)

/** Every file about configuration that the source says, with its text. */
export function configDocs(): readonly (readonly [path: string, text: string])[] {
  return configFileNames.flatMap((file) => {
    const name = file.replace('.toml', '')
    return [
      [pathOf(`docs/config/${name}.md`), pageOf(file)] as const,
      [pathOf(`docs/schemas/config-${name}.json`), jsonSchemaOf(file)] as const,
    ]
  })
}

/** docs/config/<name>.md, whole. */
export function pageOf(file: ConfigFileName): string {
  const name = file.replace('.toml', '')
  const keys = definedKeys().filter((key) => key.file === file)
  const sections = [...new Set(keys.map(tableOf))].map((table) => {
    const heading = table === '' ? [] : [`## [${table}]`, '', ...saidOf(file, table)]
    const rows = keys.filter((key) => tableOf(key) === table)
    return [...heading, ...keyTable(rows), ''].join('\n')
  })
  return [
    `# ${file}`,
    '',
    `<!-- Made from src/server/config/definitions*.ts by scripts/generate-docs.ts. -->`,
    '',
    tables[file]?.en ?? '',
    '',
    'Every key may be left out. What the columns mean is told in [README.md](README.md); an editor that reads JSON Schema takes',
    `[config-${name}.json](../schemas/config-${name}.json). \`kf config init\` writes this file with all keys commented out.`,
    '',
    ...sections,
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')
}

/** The bounds of a file that docs/config/README.md names. */
export function readmeBounds(): readonly string[] {
  return [`${fileBounds.bytes / 1024} KiB`, `${fileBounds.depth} levels`]
}

export const readme = (): string => readFileSync(pathOf('docs/config/README.md'), 'utf8')

function pathOf(path: string): string {
  return fileURLToPath(new URL(path, root))
}

function tableOf({ key }: Key): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('.')))
}

function saidOf(file: ConfigFileName, table: string): readonly string[] {
  const said = tables[`${file}:${table}`]?.en
  return said === undefined ? [] : [said, '']
}

function keyTable(keys: readonly Key[]): readonly string[] {
  return [
    '| key | default | bounds | takes effect | of the | what it does |',
    '|---|---|---|---|---|---|',
    ...keys.map((key) => {
      const { bounds, effect, scope, description, setting } = key
      const preset = key.default ?? ('otherwise' in setting ? setting.otherwise.en : '')
      const cells = [
        `\`${key.key.slice(key.key.lastIndexOf('.') + 1)}\``,
        key.default === undefined ? preset : `\`${preset}\``,
        bounds === undefined ? '' : `\`${bounds.min}\` … \`${bounds.max}\``,
        effect,
        scope,
        description.en,
      ]
      return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
    }),
  ]
}
