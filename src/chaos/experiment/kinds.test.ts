import { expect, test } from 'vitest'
import { z } from 'zod'
import { KfError } from '../../core/errors.ts'
import { faultKinds } from '../fault/kinds.ts'
import { unwrapped } from '../yaml/issues.ts'
import { head } from './experiment-in-test.ts'
import { loadExperiment } from './load.ts'
import { targetsOf } from './load-facts.ts'

const links = ['visitors->node', 'agents->node']

/** What is said in Chinese of a fault whose own keys are these. */
function complaint(name: string, own: string): readonly string[] {
  const kind = faultKinds.get(name)
  const on = kind === undefined ? '' : (targetsOf(kind, { links })[0] ?? '')
  const lasts = kind?.momentary === true ? '' : ', for: 5s'
  try {
    loadExperiment(`${head}method: [{ at: 5s, fault: ${name}, on: ${on}${lasts}${own} }]`, 'x.yml')
  } catch (error) {
    if (!(error instanceof KfError) || error.code !== 'bad_scenario') throw error
    return String(error.params['zh'])
      .split('\n')
      .filter((line) => !line.startsWith(' '))
  }
  return []
}

test.each([...faultKinds.values()])('the keys of $name are refused with a reason in Chinese, too', (kind) => {
  const bare = unwrapped(kind.params)
  const keys = bare instanceof z.ZodObject ? Object.keys(bare.shape) : []
  for (const key of keys) {
    for (const value of ['[x]', '"x"', '{ x: "y" }', '-1']) {
      const said = complaint(kind.name, `, ${key}: ${value}`)
      expect(said.length, `${key}: ${value}`).toBeGreaterThan(0)
      for (const line of said) expect(line, `${key}: ${value}`).toMatch(/\p{Script=Han}/u)
    }
  }
  expect(complaint(kind.name, ', nonsense: 1').join('\n')).toContain('nonsense：未知的键')
})

test.each([...faultKinds.values()])('$name says in both languages what it is', ({ describe: { en, zh } }) => {
  expect(en).toMatch(/^[A-Z].*[.…]$/)
  expect(zh).toMatch(/\p{Script=Han}.*。$/u)
})
