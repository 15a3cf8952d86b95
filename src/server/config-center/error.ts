import { KfError } from '../../core/errors.ts'
import type { Problem } from '../config/snapshot.ts'
import type { ConfirmBy } from '../storage/revisions.ts'
import { type ConfigErrorAnswer, etagOf } from './wire.ts'

/** An error with what the API tells beside code and message. */
export class ConfigError extends KfError {
  readonly details: Pick<ConfigErrorAnswer['error'], 'problems' | 'live' | 'etag'>
  /** Of the HTTP answer. */
  readonly status: number

  constructor(
    status: number,
    code: string,
    message: string,
    details: { readonly hint?: string; readonly tells?: ConfigError['details'] } = {},
  ) {
    super(code, message, details.hint === undefined ? {} : { hint: details.hint })
    this.status = status
    this.details = details.tells ?? {}
  }
}

export function invalid(problems: readonly Problem[]): ConfigError {
  const first = problems.map((it) => `${it.file}:${it.line}:${it.column}: ${it.key}: ${it.what.en}`)
  return new ConfigError(422, 'bad_config', first.join('\n'), {
    hint: 'correct them and apply again; the revision before is in effect',
    tells: { problems },
  })
}

type Named = { readonly revision: number; readonly hash: string }

export function conflict(message: string, { revision, hash }: Named): ConfigError {
  return new ConfigError(409, 'revision_conflict', message, {
    hint: 'see what changed with `kf config diff`, then apply again',
    tells: { live: revision, etag: etagOf(revision, hash) },
  })
}

/** Throws `revision_conflict` when If-Match names another revision; undefined and `*` match any. */
export function mustMatch(ifMatch: string | undefined, live: Named): void {
  if (ifMatch === undefined || ifMatch === '*' || ifMatch === etagOf(live.revision, live.hash)) return
  throw new ConfigError(
    412,
    'revision_conflict',
    `revision ${live.revision} is live, not the one this change was made from`,
    {
      hint: 'see what changed with `kf config diff`, then apply again',
      tells: { live: live.revision, etag: etagOf(live.revision, live.hash) },
    },
  )
}

export function unconfirmed(revision: number, { revertTo }: ConfirmBy): ConfigError {
  return new ConfigError(409, 'unconfirmed', `revision ${revision} waits for its confirm`, {
    hint: `\`kf config confirm ${revision}\` keeps it, \`kf config rollback ${revertTo}\` takes it back`,
  })
}

export function notStored(): ConfigError {
  return new ConfigError(
    503,
    'not_prepared',
    'nobody changed: the writer ended before the decision was stored',
    {
      hint: 'apply it again once /readyz is well; the revision before is in effect',
    },
  )
}
