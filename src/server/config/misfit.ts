import type { Said } from '../../core/said.ts'
import type { ProblemCode } from './snapshot.ts'

/** What is wrong with a written value. */
export type Misfit = {
  readonly code: ProblemCode
  readonly what: Said
  readonly why?: Said
  readonly fix: Said
  /** Of a list's member. */
  readonly index?: number
}

export function misfit(
  code: ProblemCode,
  what: Said,
  fix: Said,
  why?: Said,
): { readonly ok: false; readonly misfit: Misfit } {
  return {
    ok: false,
    misfit: {
      code,
      what,
      fix,
      ...(why === undefined ? {} : { why }),
    },
  }
}

/** What kind of value was written where another was needed. */
export function typeOf(written: unknown): Said {
  if (Array.isArray(written)) return { en: 'is a list', zh: '是列表' }
  if (written instanceof Date) return { en: 'is a date', zh: '是日期' }
  switch (typeof written) {
    case 'string':
      return { en: `${quoted(written)} is a text`, zh: `${quoted(written)} 是文本` }
    case 'number':
      return { en: `${written} is a number`, zh: `${written} 是数字` }
    case 'boolean':
      return { en: `${String(written)} is a yes or no`, zh: `${String(written)} 是真假值` }
    default:
      return { en: 'is a table', zh: '是表' }
  }
}

/** For a sentence: in quotes, cut, with nothing in it that moves a cursor. */
export function quoted(text: string): string {
  const cut = text.length > 60 ? `${text.slice(0, 59)}…` : text
  return JSON.stringify(cut).replace(/[\p{Cf}\p{Cc}\u2028\u2029\p{Cs}]/gu, '\uFFFD')
}
