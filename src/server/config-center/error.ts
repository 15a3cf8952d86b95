import { KfError } from '../../core/errors.ts'
import type { Problem } from '../config/snapshot.ts'
import type { ConfirmBy } from '../storage/revisions.ts'
import { type SentenceName, type SentenceValues, told } from './sentences.ts'
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
    details: {
      readonly hint?: string
      readonly params?: SentenceValues
      readonly tells?: ConfigError['details']
    } = {},
  ) {
    const { hint, params } = details
    super(code, message, {
      ...(hint === undefined ? {} : { hint }),
      ...(params === undefined ? {} : { params }),
    })
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

/** `live`: what is. */
export function conflict(
  sentence: SentenceName,
  values: SentenceValues,
  { revision, hash }: Named,
  status: 409 | 412 = 409,
): ConfigError {
  const { details, message } = told(sentence, values, 'see_diff')
  const tells = { live: revision, etag: etagOf(revision, hash) }
  return new ConfigError(status, 'revision_conflict', message, { ...details, tells })
}

/** Throws `revision_conflict` when If-Match names another revision; undefined and `*` match any. */
export function mustMatch(ifMatch: string | undefined, live: Named): void {
  if (ifMatch === undefined || ifMatch === '*' || ifMatch === etagOf(live.revision, live.hash)) return
  throw conflict('moved', { live: live.revision }, live, 412)
}

export function unconfirmed(revision: number, { revertTo }: ConfirmBy): ConfigError {
  const { details, message } = told('waits', { revision, to: revertTo }, 'keep_or_back')
  return new ConfigError(409, 'unconfirmed', message, details)
}

export function notStored(): ConfigError {
  const { details, message } = told('writer_ended', {}, 'apply_when_ready')
  return new ConfigError(503, 'not_prepared', message, details)
}

/** A `KfError` of the centre's. */
export function failure(
  code: string,
  sentence: SentenceName,
  values: SentenceValues = {},
  fix?: SentenceName,
): KfError {
  const { details, message } = told(sentence, values, fix)
  return new KfError(code, message, details)
}
