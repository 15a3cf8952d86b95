import { z } from 'zod'
import { tables } from './definitions.ts'
import { fileTrees } from './keys.ts'
import { listMost, readValue, secretPattern, siteKeyPattern } from './kinds.ts'
import { isSetting, type Setting, type Tree } from './setting.ts'
import type { ConfigFileName } from './snapshot.ts'
import { durationPattern, ratePattern, sizePattern } from './units.ts'

/** The zod schemas of the files, made of their definitions. Their input is a parsed TOML document, their output has the values. */
export const fileSchemas: Readonly<Record<ConfigFileName, z.ZodObject>> = {
  'server.toml': tableSchema('server.toml', fileTrees['server.toml']),
  'ratelimit.toml': tableSchema('ratelimit.toml', fileTrees['ratelimit.toml']),
}

/** The schema of one key's value. */
export function leafSchema(setting: Setting): z.ZodType {
  return writtenSchema(setting).transform((written, context) => {
    const read = readValue(setting, written)
    if (read.ok) return read.value
    context.addIssue({ code: 'custom', message: read.misfit.what.en })
    return z.NEVER
  })
}

/** What editors are to know: docs/schemas/config-*.json. Draft 7: the newest that all of them know. */
export function jsonSchemaOf(file: ConfigFileName): string {
  const { $schema, ...rest } = z.toJSONSchema(fileSchemas[file], { io: 'input', target: 'draft-7' })
  return `${JSON.stringify({ $schema, ...rest }, null, 2)}\n`
}

function tableSchema(name: string, tree: Tree): z.ZodObject {
  const shape = Object.entries(tree).map(([key, node]): [string, z.ZodType] => {
    if (isSetting(node)) return [key, keySchema(node)]
    return [key, tableSchema(name.includes(':') ? `${name}.${key}` : `${name}:${key}`, node).prefault({})]
  })
  const says = tables[name]
  const table = z.strictObject(Object.fromEntries(shape))
  return says === undefined ? table : table.meta({ description: says.en })
}

function keySchema(setting: Setting): z.ZodType {
  const described = leafSchema(setting).meta({ description: describedIn(setting) })
  return 'default' in setting ? described.prefault(setting.default) : described.optional()
}

function describedIn(setting: Setting): string {
  const otherwise = 'otherwise' in setting ? ` Without it: ${setting.otherwise.en}.` : ''
  return `${setting.says.en}${otherwise} Takes effect: ${setting.effect}.`
}

function writtenSchema(setting: Setting): z.ZodType {
  switch (setting.kind) {
    case 'duration':
      return z.string().regex(durationPattern)
    case 'size':
      return z.string().regex(sizePattern)
    case 'rate':
      return z.string().regex(ratePattern)
    case 'rate-or-off':
      return z.union([z.string().regex(ratePattern), z.literal('off')])
    case 'whole':
    case 'whole-or-none':
      return z.int().min(setting.min).max(setting.max)
    case 'address':
    case 'url-or-none':
      return z.string()
    case 'path':
      return z.string().min(1)
    case 'blocks':
      return z.array(z.string()).max(listMost)
    case 'site-keys':
      return z.array(z.string().regex(siteKeyPattern)).max(listMost)
    case 'secret-or-none':
      return z.string().regex(secretPattern)
  }
}
