import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { families } from './families.ts'
import { refusals, stageNames } from './stages.ts'

const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')
const rows = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))

describe('docs/metrics.md', () => {
  test('lists every metric as the code has it, and no other', () => {
    const documented = rows.filter(([, name]) => name?.startsWith('`kf_')).map((cells) => cells.slice(1, 4))
    const coded = Object.entries(families).map(([name, { type, help }]) => [`\`${name}\``, type, help])
    expect(documented).toEqual(coded)
  })

  test('lists every stage and every reason', () => {
    const firstCells = rows.map(([, name]) => name)
    for (const stage of stageNames) expect(firstCells).toContain(`\`${stage}\``)
    for (const [reason, why] of Object.entries(refusals)) {
      expect(rows.find(([, name]) => name === `\`${reason}\``)?.[2]).toBe(why)
    }
  })
})
