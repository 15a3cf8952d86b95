import type { Said } from '../../core/said.ts'
import type { Effect } from './snapshot.ts'
import type { Address } from './values.ts'

/**
 * One key of a file: what it may be, its default, when a change of it takes effect, what it does. `default` is as TOML writes it,
 * without the quotes. From these alone come the zod schemas, the defaults, the pages and the schemas for editors.
 */
export type Setting = Kind & { readonly effect: Effect; readonly says: Said }

export type Kind =
  /** `"250ms"`, `"5s"`, `"2m"`, `"1h"`; milliseconds. */
  | { readonly kind: 'duration'; readonly min: number; readonly max: number; readonly default: string }
  /** `"512B"`, `"64KiB"`, `"1MiB"`; bytes. */
  | { readonly kind: 'size'; readonly min: number; readonly max: number; readonly default: string }
  /** `"20/s"`, `"3/min"`, `"100/h"`; per second. */
  | { readonly kind: 'rate'; readonly min: number; readonly max: number; readonly default: string }
  /** A rate, or `"off"`. */
  | { readonly kind: 'rate-or-off'; readonly min: number; readonly max: number; readonly default: string }
  | { readonly kind: 'whole'; readonly min: number; readonly max: number; readonly default: number }
  /** A whole number; without one, the machine decides. */
  | { readonly kind: 'whole-or-none'; readonly min: number; readonly max: number; readonly otherwise: Said }
  | { readonly kind: 'address'; readonly default: string }
  | { readonly kind: 'url-or-none'; readonly otherwise: Said }
  | { readonly kind: 'path'; readonly default: string }
  | { readonly kind: 'blocks'; readonly default: readonly string[] }
  /** Keys of sites. */
  | { readonly kind: 'site-keys'; readonly default: readonly string[] }
  /** `${NAME}` or `file:PATH`. */
  | { readonly kind: 'secret-or-none'; readonly otherwise: Said }

type Values = {
  readonly duration: number
  readonly size: number
  readonly rate: number
  readonly 'rate-or-off': number | 'off'
  readonly whole: number
  readonly 'whole-or-none': number | undefined
  readonly address: Address
  readonly 'url-or-none': string | undefined
  readonly path: string
  readonly blocks: readonly string[]
  readonly 'site-keys': readonly string[]
  readonly 'secret-or-none': string | undefined
}

export type ValueOf<One extends Setting> = Values[One['kind']]

/** Tables of a file, by name; `says` of a table comes from `tables` in definitions.ts. */
export type Tree = { readonly [name: string]: Setting | Tree }

/** The values of a tree. Keys that may be without a value are there, as undefined or not at all. */
export type TreeValues<T extends Tree> = {
  readonly [Name in keyof T as T[Name] extends Setting
    ? undefined extends ValueOf<T[Name]>
      ? never
      : Name
    : Name]: T[Name] extends Setting ? ValueOf<T[Name]> : T[Name] extends Tree ? TreeValues<T[Name]> : never
} & {
  readonly [Name in keyof T as T[Name] extends Setting
    ? undefined extends ValueOf<T[Name]>
      ? Name
      : never
    : never]?: T[Name] extends Setting ? ValueOf<T[Name]> : never
}

export function isSetting(node: Setting | Tree): node is Setting {
  return typeof node['kind'] === 'string'
}
