import { KfError, messageOf } from '../core/errors.ts'
import type { Texts } from './i18n/texts.ts'

/**
 * What the operator reads of an error: `kf: what; fix`, a line each where there are several. Never a stack trace, except
 * with KF_DEBUG=1.
 */
export function errorLines(error: unknown, texts: Texts, debug: boolean): string {
  const trace = debug && error instanceof Error ? `${error.stack ?? ''}\n${causeOf(error)}` : ''
  return (
    lines(error, texts)
      .map((line) => `kf: ${line}\n`)
      .join('') + trace
  )
}

function lines(error: unknown, texts: Texts): readonly string[] {
  if (!(error instanceof KfError)) return [texts.errors.defect(messageOf(error).split('\n')[0] ?? '')]
  const translate = texts.errors.byCode[error.code]
  const { what, fix } = translate?.((name) => String(error.params[name] ?? '')) ?? {
    what: error.message,
    fix: error.hint,
  }
  const whats = what.split('\n').map(withoutPeriod)
  return fix === undefined
    ? whats
    : [...whats.slice(0, -1), `${whats.at(-1) ?? ''}${texts.errors.separator}${withoutPeriod(fix)}`]
}

function withoutPeriod(text: string): string {
  return text.trim().replace(/[.。]$/, '')
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? `caused by ${error.cause.stack ?? error.cause.message}\n` : ''
}
