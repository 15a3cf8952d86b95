import { render } from 'preact'
import { pageConfig } from '../shared/config.ts'
import { chooseLanguage, translator } from '../shared/i18n.ts'
import { App } from './App.tsx'
import { createApi } from './api.ts'

async function main(): Promise<void> {
  const root = document.getElementById('app')
  if (root === null) return
  const config = await pageConfig(document, (input, init) => fetch(input, init))
  const language = chooseLanguage(location.search, config.lang, navigator.languages)
  const t = translator(language)
  document.documentElement.lang = language
  document.title = t('agent.title')
  render(
    <App
      config={config}
      api={createApi(config.base, (input, init) => fetch(input, init))}
      t={t}
      language={language}
    />,
    root,
  )
}

main().catch((error: unknown) => {
  console.error(error)
})
