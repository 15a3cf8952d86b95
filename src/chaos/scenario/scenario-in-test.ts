import { KfError } from '../../core/errors.ts'
import { parseScenario } from './load.ts'

export const head = 'version: 1\ntitle: Does it work?\n'

/** The complaint's lines without the quoted source; what is thrown otherwise fails the test. */
export function complaint(text: string | Uint8Array, language: 'en' | 'zh' = 'en'): readonly string[] {
  try {
    parseScenario(text, 'x.yml')
  } catch (error) {
    if (!(error instanceof KfError) || error.code !== 'bad_scenario') throw error
    const said = language === 'en' ? error.message : String(error.params['zh'])
    return said.split('\n').filter((line) => !line.startsWith(' '))
  }
  return ['accepted']
}
