import { describe, expect, it } from 'vitest'
import { displayWidth, padEnd, padStart, table } from './format.ts'

describe('text on a terminal', () => {
  it.each([
    ['kf', 2],
    ['客服', 4],
    ['（，。', 6],
    ['é', 1],
    ['e\u0301', 1],
    ['😀', 2],
    ['ｋｆ', 4],
    ['→✓', 2],
    ['', 0],
  ])('%o takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })

  it('is padded by columns, never cut', () => {
    expect(padEnd('客服', 6)).toBe('客服  ')
    expect(padStart('客服', 6)).toBe('  客服')
    expect(padEnd('客服', 2)).toBe('客服')
  })

  it('stands in a table with aligned columns', () => {
    expect(
      table(
        [
          ['登录名', 'n'],
          ['a', '10'],
          ['小王', '5'],
        ],
        new Set([1]),
      ),
    ).toBe('登录名   n\na       10\n小王     5\n')
  })
})
