import { KfError, messageOf } from '../core/errors.ts'
import type { ErrorText, Texts } from './i18n/texts.ts'

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
  const { what, fix } = translated(error, texts) ?? { what: error.message, fix: error.hint }
  const whats = what.split('\n').map(withoutPeriod)
  return fix === undefined
    ? whats
    : [...whats.slice(0, -1), `${whats.at(-1) ?? ''}${texts.errors.separator}${withoutPeriod(fix)}`]
}

// A translation needs every value of its sentence: the same code may come from a place that has others.
function translated({ code, params }: KfError, texts: Texts): ReturnType<ErrorText> | undefined {
  let complete = true
  const text = texts.errors.byCode[code]?.((name) => {
    const value = params[name]
    if (value === undefined) complete = false
    return String(value)
  })
  return complete ? text : undefined
}

// A quoted line of a file is indented, and stays as it is.
function withoutPeriod(text: string): string {
  return text.startsWith('  ') ? text.trimEnd() : text.trim().replace(/[.。]$/, '')
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? `caused by ${error.cause.stack ?? error.cause.message}\n` : ''
}
