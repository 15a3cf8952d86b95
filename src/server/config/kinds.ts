import type { Said } from '../../core/said.ts'
import type { Kind, Setting } from './setting.ts'
import type { Unit } from './snapshot.ts'
import {
  readDuration,
  readRate,
  readSize,
  writeDuration,
  writeRate,
  writeSize,
} from './units.ts'
import { type Address, formatAddress, parseCidr, parseListen, parsePublicUrl } from './values.ts'

type KindName = Kind['kind']

/** A value as a snapshot has it. */
export type Value = number | string | readonly string[] | Address | undefined

/** What is wrong with a written value. */
export type Misfit = {
  readonly code: 'wrong_type' | 'bad_value' | 'out_of_bounds' | 'secret_in_file'
  readonly what: Said
  readonly why?: Said
  readonly fix: Said
  /** Of a list's member. */
  readonly index?: number
}

export type ReadValue = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly misfit: Misfit }

export function unitOf(kind: KindName): Unit | undefined {
  if (kind === 'duration' || kind === 'size') return kind
  if (kind === 'rate' || kind === 'rate-or-off') return 'rate'
  return kind === 'whole' || kind === 'whole-or-none' ? 'count' : undefined
}

/** A value, or a default as it is defined, as TOML writes it. */
export function formatOf(setting: Kind, value: Exclude<Value, undefined>): string {
  return tomlOf(writtenOf(setting, value))
}

/** A value as a TOML document has it after parsing. */
export function writtenOf(setting: Kind, value: Exclude<Value, undefined>): string | number | readonly string[] {
  if (typeof value === 'number') return writtenNumber(setting.kind, value)
  if (typeof value === 'object' && 'port' in value) return formatAddress(value)
  return value
}

function writtenNumber(kind: KindName, value: number): string | number {
  switch (kind) {
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

function tomlOf(written: string | number | readonly string[]): string {
  if (typeof written === 'number') return String(written)
  if (typeof written === 'string') return tomlString(written)
  return `[${written.map(tomlString).join(', ')}]`
}

// A JSON string is a TOML basic string: all its escapes are TOML's, but for \/ which JSON.stringify never writes; TOML forbids
// DEL in it.
function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f')
}
