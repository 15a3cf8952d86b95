export type Language = 'zh-CN' | 'en'

/** The better of the two languages kf speaks, by the weights of Accept-Language; English when it names neither. */
export function languageOf(acceptLanguage: string | undefined): Language {
  const best: Record<Language, number> = { 'zh-CN': 0, en: 0 }
  for (const part of (acceptLanguage ?? '').split(',').slice(0, 32)) {
    const [tag = '', ...parameters] = part.trim().toLowerCase().split(';')
    const language = /^zh\b/.test(tag) ? 'zh-CN' : /^en\b/.test(tag) ? 'en' : undefined
    if (language === undefined) continue
    const quality = parameters.find((parameter) => parameter.trim().startsWith('q='))
    const weight = quality === undefined ? 1 : Number(quality.trim().slice(2))
    if (weight > best[language]) best[language] = weight
  }
  return best['zh-CN'] > best.en ? 'zh-CN' : 'en'
}
