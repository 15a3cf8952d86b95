import type { en } from './en.ts'

/** All that the CLI says to a person, in one language. Both dictionaries have the same keys; a test compares them. */
export type Texts = Widened<typeof en>

export type Language = 'en' | 'zh'

/** Translates an error, or cannot; `value` gives what stands in `KfError.params`. */
export type ErrorText = (value: (name: string) => string) => TranslatedError | undefined
export type TranslatedError = { readonly what: string; readonly fix: string | undefined }

type Widened<T> = T extends string
  ? string
  : T extends (...args: infer Args) => infer Result
    ? (...args: Args) => Result
    : { readonly [Key in keyof T]: Widened<T[Key]> }

/** `--lang` wins, then LC_ALL, LC_MESSAGES, LANG; anything but Chinese is English. */
export function languageOf(
  asked: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Language {
  const tag = asked ?? (env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '')
  return /^zh/i.test(tag) ? 'zh' : 'en'
}

/** Loads one dictionary only. */
export async function loadTexts(language: Language): Promise<Texts> {
  return language === 'zh' ? (await import('./zh.ts')).zh : (await import('./en.ts')).en
}
