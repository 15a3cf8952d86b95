import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limitOf, limitText, sizeBytes, sizeText } from './units.ts'

describe('sizes', () => {
  test.each([
    ['512B', 512],
    ['64KiB', 65_536],
    ['1.5 MiB', 1_572_864],
    ['2GiB', 2_147_483_648],
    ['64kb', undefined],
    ['64', undefined],
    ['KiB', undefined],
  ])('%s is %s bytes', (text, bytes) => {
    expect(sizeBytes(text)).toBe(bytes)
  })

  test('are read as they are written', () => {
    fc.assert(fc.property(fc.nat(2 ** 31), (bytes) => sizeBytes(sizeText(bytes)) === bytes))
  })
})

describe('bounds', () => {
  test.each([
    ['<= 5%', 'share', { op: '<=', value: 0.05 }],
    ['>90%', 'share', { op: '>', value: 0.9 }],
    ['< 1.5s', 'time', { op: '<', value: 1_500 }],
    ['>= 10', 'number', { op: '>=', value: 10 }],
    ['<= 512MiB', 'size', { op: '<=', value: 536_870_912 }],
    ['<= 5', 'share', undefined],
    ['5%', 'share', undefined],
    ['== 5%', 'share', undefined],
    ['<= 5%', 'time', undefined],
    ['<= ', 'number', undefined],
  ] as const)('%s as %s', (text, unit, limit) => {
    expect(limitOf(text, unit)).toEqual(limit)
  })

  test('are read as they are written', () => {
    const limits = fc.record({
      op: fc.constantFrom('<=' as const, '>=' as const, '<' as const, '>' as const),
      value: fc.nat(1_000_000),
    })
    fc.assert(
      fc.property(
        limits,
        fc.constantFrom('time' as const, 'size' as const, 'number' as const),
        (limit, unit) => {
          expect(limitOf(limitText(limit, unit), unit)).toEqual(limit)
        },
      ),
    )
    expect(limitText({ op: '<', value: 0.051 }, 'share')).toBe('< 5.1%')
  })
})
