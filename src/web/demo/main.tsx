import { render } from 'preact'
import { pageConfig } from '../shared/config.ts'
import { chooseLanguage, translator } from '../shared/i18n.ts'
import { Chat } from './Chat.tsx'
import { Shop } from './Shop.tsx'
import { startVisitorSession } from './visitor-session.ts'

async function main(): Promise<void> {
  const root = document.getElementById('app')
  if (root === null) return
  const config = await pageConfig(document, (input, init) => fetch(input, init))
  const language = chooseLanguage(location.search, config.lang, navigator.languages)
  const t = translator(language)
  document.documentElement.lang = language
  document.title = `${t('shop.product')} · ${t('shop.name')}`
  const session = startVisitorSession(config, language)
  render(
    <>
      <Shop t={t} />
      <Chat session={session} site={config.site} t={t} language={language} title={document.title} />
    </>,
    root,
  )
}

main().catch((error: unknown) => {
  console.error(error)
})
