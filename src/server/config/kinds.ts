import type { Said } from '../../core/said.ts'
import { type Misfit, misfit, quoted, typeOf } from './misfit.ts'
import type { Kind } from './setting.ts'
import type { Unit } from './snapshot.ts'
import { readDuration, readRate, readSize, writeDuration, writeRate, writeSize } from './units.ts'
import { type Address, formatAddress, parseCidr, parseListen, parsePublicUrl } from './values.ts'

/** A value as a snapshot has it. */
export type Value = number | string | readonly string[] | Address | undefined

export type ReadValue =
  | { readonly ok: true; readonly value: Value }
  /** `others`: the further members of a list that are wrong. */
  | { readonly ok: false; readonly misfit: Misfit; readonly others?: readonly Misfit[] }

export type Written = string | number | readonly string[]

export const secretPattern = /^(?:\$\{[A-Za-z_][A-Za-z0-9_]{0,127}\}|file:[^\0]{1,1000})$/
export const siteKeyPattern = /^[A-Za-z0-9_-]{1,64}$/
/** Members of a list. */
export const listMost = 1_000
const pathMost = 1_000

/** A value as a TOML document has it after parsing → as a snapshot has it. */
export function readValue(setting: Kind, written: unknown): ReadValue {
  switch (setting.kind) {
    case 'duration':
      return quantity(setting, written, readDuration, writeDuration, duration)
    case 'size':
      return quantity(setting, written, readSize, writeSize, size)
    case 'rate-or-off':
      if (written === 'off') return { ok: true, value: 'off' }
      return quantity(setting, written, readRate, writeRate, rateOrOff)
    case 'rate':
      return quantity(setting, written, readRate, writeRate, rate)
    case 'whole':
    case 'whole-or-none':
      return whole(setting, written)
    case 'address':
      return parsed(written, parseListen, 'an address', '地址', {
        en: 'write host:port, for example 127.0.0.1:7000',
        zh: '请写成 主机:端口，例如 127.0.0.1:7000',
      })
    case 'url-or-none':
      return parsed(written, parsePublicUrl, 'a base URL', '基础 URL', {
        en: 'write it as visitors see it, http or https, without query and login, for example https://example.com/chat/',
        zh: '请按访客看到的写，使用 http 或 https，不含查询和登录信息，例如 https://example.com/chat/',
      })
    case 'path':
      return path(written)
    case 'blocks':
      return list(
        written,
        (one) => {
          const cidr = parseCidr(one)
          return cidr.ok ? cidr.value : undefined
        },
        'an address block',
        '地址段',
        {
          en: 'write addresses and CIDR blocks, for example ["10.0.0.0/8", "::1"]',
          zh: '请写地址或 CIDR 网段，例如 ["10.0.0.0/8", "::1"]',
        },
      )
    case 'site-keys':
      return list(
        written,
        (one) => (siteKeyPattern.test(one) ? one : undefined),
        'the key of a site',
        '站点键',
        {
          en: 'write keys of sites, for example ["default"]',
          zh: '请写站点键，例如 ["default"]',
        },
      )
    case 'secret-or-none':
      return secret(written)
  }
}

export function unitOf(kind: Kind['kind']): Unit | undefined {
  if (kind === 'duration' || kind === 'size') return kind
  if (kind === 'rate' || kind === 'rate-or-off') return 'rate'
  return kind === 'whole' || kind === 'whole-or-none' ? 'count' : undefined
}

/** A value as TOML writes it. */
export function formatOf(setting: Kind, value: Exclude<Value, undefined>): string {
  const written = writtenOf(setting, value)
  if (typeof written === 'number') return String(written)
  return typeof written === 'string' ? tomlString(written) : `[${written.map(tomlString).join(', ')}]`
}

/** A value as a TOML document has it after parsing. */
export function writtenOf(setting: Kind, value: Exclude<Value, undefined>): Written {
  if (typeof value === 'object') return 'port' in value ? formatAddress(value) : value
  if (typeof value === 'string') return value
  switch (setting.kind) {
    case 'duration':
      return writeDuration(value)
    case 'size':
      return writeSize(value)
    case 'rate':
    case 'rate-or-off':
      return writeRate(value)
    default:
      return value
  }
}

const duration: Said = { en: 'a time', zh: '时间' }
const size: Said = { en: 'a size', zh: '大小' }
const rate: Said = { en: 'a rate', zh: '速率' }
const rateOrOff: Said = { en: 'a rate or "off"', zh: '速率或 "off"' }

function quantity(
  { min, max, default: preset }: { readonly min: number; readonly max: number; readonly default: string },
  written: unknown,
  read: (text: string) => number | undefined,
  write: (value: number) => string,
  needed: Said,
): ReadValue {
  const example = preset === 'off' ? '"20/s"' : `"${preset}"`
  const fix: Said = {
    en: `write ${needed.en} from ${write(min)} to ${write(max)}, such as ${example}`,
    zh: `请写 ${write(min)} 到 ${write(max)} 的${needed.zh}，例如 ${example}`,
  }
  if (typeof written !== 'string') {
    // A number shows that only the unit is missing.
    const why: Said | undefined =
      typeof written === 'number' ? { en: 'it has no unit', zh: '缺少单位' } : undefined
    return misfit('wrong_type', typeOf(written), fix, why)
  }
  const value = read(written)
  if (value === undefined) {
    return misfit(
      'bad_value',
      { en: `${quoted(written)} is not ${needed.en}`, zh: `${quoted(written)} 不是${needed.zh}` },
      fix,
    )
  }
  return value >= min && value <= max
    ? { ok: true, value }
    : misfit('out_of_bounds', outOfBounds(written), fix)
}

function whole({ min, max }: { readonly min: number; readonly max: number }, written: unknown): ReadValue {
  const fix: Said = {
    en: `write a whole number from ${min} to ${max}`,
    zh: `请写 ${min} 到 ${max} 的整数`,
  }
  if (typeof written !== 'number') return misfit('wrong_type', typeOf(written), fix)
  if (!Number.isInteger(written)) {
    return misfit('bad_value', { en: `${written} is not a whole number`, zh: `${written} 不是整数` }, fix)
  }
  if (written < min || written > max) return misfit('out_of_bounds', outOfBounds(written), fix)
  return { ok: true, value: written }
}

function parsed(
  written: unknown,
  parse: (text: string) => { readonly ok: true; readonly value: Value } | { readonly ok: false },
  en: string,
  zh: string,
  fix: Said,
): ReadValue {
  if (typeof written !== 'string') return misfit('wrong_type', typeOf(written), fix)
  const result = parse(written)
  if (result.ok) return result
  return misfit(
    'bad_value',
    { en: `${quoted(written)} is not ${en}`, zh: `${quoted(written)} 不是${zh}` },
    fix,
  )
}

function path(written: unknown): ReadValue {
  const fix: Said = { en: 'write the path of a folder in quotes', zh: '请在引号中写目录的路径' }
  if (typeof written !== 'string') return misfit('wrong_type', typeOf(written), fix)
  if (written === '') return misfit('bad_value', { en: 'is empty', zh: '为空' }, fix)
  if (written.includes('\0'))
    return misfit('bad_value', { en: 'has a NUL character', zh: '含有 NUL 字符' }, fix)
  if (written.length <= pathMost) return { ok: true, value: written }
  return misfit(
    'out_of_bounds',
    {
      en: `has ${written.length} characters, at most ${pathMost} are taken`,
      zh: `有 ${written.length} 个字符，最多 ${pathMost} 个`,
    },
    fix,
  )
}

function list(
  written: unknown,
  read: (one: string) => string | undefined,
  en: string,
  zh: string,
  fix: Said,
): ReadValue {
  if (!Array.isArray(written)) return misfit('wrong_type', typeOf(written), fix)
  const members: readonly unknown[] = written
  if (members.length > listMost) {
    return misfit(
      'out_of_bounds',
      {
        en: `has ${members.length} entries, at most ${listMost} are taken`,
        zh: `有 ${members.length} 项，最多 ${listMost} 项`,
      },
      fix,
    )
  }
  const values: string[] = []
  const misfits: Misfit[] = []
  for (const [index, member] of members.entries()) {
    const value = typeof member === 'string' ? read(member) : undefined
    if (value !== undefined) values.push(value)
    else if (typeof member !== 'string')
      misfits.push({ code: 'wrong_type', what: typeOf(member), fix, index })
    else {
      const what = { en: `${quoted(member)} is not ${en}`, zh: `${quoted(member)} 不是${zh}` }
      misfits.push({ code: 'bad_value', what, fix, index })
    }
  }
  const [first, ...others] = misfits
  return first === undefined ? { ok: true, value: values } : { ok: false, misfit: first, others }
}

function secret(written: unknown): ReadValue {
  const fix: Said = {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret looks like that.
    en: 'write "${NAME}" for a variable of the environment, or "file:PATH"',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret looks like that.
    zh: '请写 "${NAME}" 引用环境变量，或 "file:路径"',
  }
  if (typeof written !== 'string') return misfit('wrong_type', typeOf(written), fix)
  if (secretPattern.test(written)) return { ok: true, value: written }
  // NOTE: never quoted: it may be the secret itself.
  return misfit('secret_in_file', { en: 'is not a reference to a secret', zh: '不是对密钥的引用' }, fix, {
    en: 'a secret in a file gets into backups, revisions and screens',
    zh: '写在文件中的密钥会进入备份、修订和屏幕',
  })
}

function outOfBounds(written: string | number): Said {
  return { en: `${written} is out of bounds`, zh: `${written} 超出范围` }
}

// A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f')
}
