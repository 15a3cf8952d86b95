import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { KfError } from '../core/errors.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'

describe('exit codes', () => {
  it('are documented, each with its name', () => {
    const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
    const documented = [...page.matchAll(/^\| (\d+) \| `(\w+)` \|/gm)].map(([, code, name]) => [
      name,
      Number(code),
    ])
    expect(documented).toEqual(Object.entries(exitCodes))
  })

  it.each([
    ['anything_else', 1],
    ['config_differs', 2],
    ['revision_conflict', 3],
    ['partly_applied', 4],
    ['threshold_violated', 5],
    ['invariant_violated', 5],
    ['measurement_invalid', 6],
    ['interrupted', 130],
    ['constructor', 1],
  ])('of the error %s is %i', (code, exit) => {
    expect(exitCodeOf(new KfError(code, ''))).toBe(exit)
  })

  it('of a defect is 1', () => {
    expect(exitCodeOf(new TypeError('x'))).toBe(1)
  })
})
