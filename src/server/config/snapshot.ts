import type { Said } from '../../core/said.ts'
import type { NodeValues, RatelimitValues, ServerValues } from './definitions.ts'

/**
 * The contract of configuration. Light to import: what parses files is in parse.ts (it loads zod and a TOML parser), what the
 * keys are in keys.ts, what two snapshots differ in in diff.ts, the values that are live in container.ts.
 */

/** All values, complete and validated; never changed in place. It is JSON, and crosses to writer and workers as that. */
export type Snapshot = {
  /** This node's own: read from its disk, in effect from a start on. A relative `data` is as it was written. */
  readonly node: NodeValues
  /** The same on every node: one live revision. */
  readonly cluster: ClusterValues
}

export type ClusterValues = {
  readonly server: ServerValues
  readonly ratelimit: RatelimitValues
}

/** The files of a folder of configuration that this version knows. */
export const configFileNames = ['server.toml', 'ratelimit.toml'] as const
export type ConfigFileName = (typeof configFileNames)[number]

/** Name (`server.toml`, no folder) → text, or its bytes where the text may not be UTF-8. Names that kf does not know are problems. */
export type ConfigFiles = Readonly<Record<string, string | Uint8Array>>

/** What a snapshot is made of beside the files. */
export type ConfigEnv = {
  /**
   * Reads what a secret's reference names, or tells why it cannot. Absent: only the form of references is checked, since the
   * secrets are another machine's.
   */
  readonly secret?: (reference: SecretReference) => SecretRead
  /** What flags of `kf serve` say, by key, as text: they win over the files. */
  readonly flags?: Readonly<Record<string, string | undefined>>
}

/** `${NAME}` or `file:PATH`, as written. A snapshot holds references; the secrets stay in the process that reads them. */
export type SecretReference = string
export type SecretRead =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly why: Said }

export type ParsedConfig =
  | { readonly ok: true; readonly snapshot: Snapshot; readonly sources: Sources }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Where each value came from, by `KeyInfo.id`. */
export type Sources = Readonly<Record<string, ValueSource>>
export type ValueSource =
  | { readonly from: 'default' }
  | { readonly from: 'flag'; readonly flag: string }
  | { readonly from: 'file'; readonly file: string; readonly line: number; readonly column: number }

/** `file:line:column: key: what; why; fix`. Line, column from 1, in UTF-16 units; `length` is the caret's. */
export type Problem = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly length: number
  /** `pipeline.persist.target`; empty for a whole file. */
  readonly key: string
  readonly code: ProblemCode
  readonly what: Said
  /** Where the rule needs a reason. */
  readonly why?: Said
  readonly fix: Said
}

/** Stable: scripts read them in `--json`. */
export type ProblemCode =
  | 'unknown_file'
  | 'not_utf8'
  | 'too_large'
  | 'too_deep'
  | 'not_toml'
  | 'unknown_key'
  | 'wrong_type'
  | 'bad_value'
  | 'out_of_bounds'
  | 'contradiction'
  | 'secret_in_file'
  | 'secret_missing'

/** When a changed value takes effect: now, for connections made from now on, or at the next start. */
export type Effect = 'hot' | 'new-connections' | 'restart'
export type Scope = 'node' | 'cluster'

export type KeyInfo = {
  /** `server.toml:pipeline.persist.target` */
  readonly id: string
  readonly file: ConfigFileName
  readonly key: string
  readonly effect: Effect
  readonly scope: Scope
  /** As TOML writes it; absent where the key has none. */
  readonly default: string | undefined
  readonly description: Said
  readonly unit: Unit | undefined
  /** As TOML writes them. */
  readonly bounds: { readonly min: string; readonly max: string } | undefined
  readonly secret: boolean
}

export type Unit = 'duration' | 'size' | 'rate' | 'count'

/** A key whose value differs. `from`, `to`: as TOML writes them; undefined where it has no value. Secrets show their references. */
export type Change = {
  readonly file: ConfigFileName
  readonly key: string
  readonly from: string | undefined
  readonly to: string | undefined
  readonly effect: Effect
  readonly scope: Scope
}
