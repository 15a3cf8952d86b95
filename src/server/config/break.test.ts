import { describe, expect, test } from 'vitest'
import { readBreak } from './break.ts'

describe('KF_BREAK', () => {
  test('unset or empty breaks nothing and says nothing', () => {
    expect(readBreak(undefined, true)).toEqual({})
    expect(readBreak('', true)).toEqual({})
  })

  test('a known name breaks its promise, and the log says which', () => {
    expect(readBreak('skip-fence', true)).toEqual({
      broken: 'skip-fence',
      warning: 'KF_BREAK=skip-fence: this node breaks one_owner: no epoch is compared',
    })
  })

  test.each(['skip-fences', 'toString', '__proto__'])('%s is no break: ignored, with a warning', (value) => {
    expect(readBreak(value, true)).toEqual({
      warning: `KF_BREAK=${value} is ignored: it is none of no-sync, ack-before-commit, no-dedupe, new-incarnation, swap-lane, skip-fence, over-capacity, phantom, leak, false-ack, drop-tail`,
    })
  })

  test('a packaged product ignores it, with a warning', () => {
    expect(readBreak('skip-fence', false)).toEqual({
      warning: 'KF_BREAK=skip-fence is ignored: only a test build breaks a promise',
    })
  })
})
