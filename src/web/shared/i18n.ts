import { en, type TextKey } from './en.ts'
import { zhCn } from './zh-cn.ts'

export type Language = 'zh-CN' | 'en'
export type Values = Readonly<Record<string, string | number>>
/** The text of a key in the page's language, its `{name}` places filled from `values`. */
export type Translate = (key: TextKey, values?: Values) => string

const dictionaries = { 'zh-CN': zhCn, en } as const satisfies Record<Language, Record<TextKey, string>>

export function translator(language: Language): Translate {
  const dictionary = dictionaries[language]
  return (key, values) => fill(dictionary[key], values)
}

/** `?lang=` first, then the page's configuration, then what the browser prefers; English when none is known. */
export function chooseLanguage(
  search: string,
  configured: string | undefined,
  preferred: readonly string[],
): Language {
  const asked = new URLSearchParams(search).get('lang')
  for (const wish of [asked, configured, ...preferred]) {
    const known = wish === null || wish === undefined ? undefined : languageOf(wish)
    if (known !== undefined) return known
  }
  return 'en'
}

/** The text for an error code of the wire; codes without a text of their own show the server's message. */
export function errorText(t: Translate, code: string, message: string): string {
  const key = `error.${code}`
  return t(isTextKey(key) ? key : 'error.other', { reason: message })
}

function languageOf(tag: string): Language | undefined {
  const primary = tag.toLowerCase().split(/[-_]/)[0]
  if (primary === 'zh') return 'zh-CN'
  return primary === 'en' ? 'en' : undefined
}

function isTextKey(key: string): key is TextKey {
  return Object.hasOwn(en, key)
}

function fill(text: string, values: Values | undefined): string {
  if (values === undefined) return text
  return text.replace(/\{(\w+)\}/g, (place, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : place,
  )
}
