import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readUuid, writeUuid } from './uuid.ts'

test('a UUID survives the way through its bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const id = readUuid(bytes, 0)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
      const back = new Uint8Array(20)
      expect(writeUuid(id, back, 3)).toBe(true)
      expect(back.subarray(3, 19)).toEqual(bytes)
    }),
  )
})

test.each([
  ['too short', '0192f3a4-0000-7000-8000-00000000000'],
  ['upper case', '0192F3A4-0000-7000-8000-000000000000'],
  ['without hyphens', '0192f3a40000070000800000000000000000'],
  ['not hex', '0192f3ag-0000-7000-8000-000000000000'],
  ['beyond ASCII', '0192f3a4-0000-7000-8000-00000000000字'],
  ['hyphens elsewhere', '0192f3a-40000-7000-8000-000000000000'],
])('%s is not the canonical form', (_, id) => {
  expect(writeUuid(id, new Uint8Array(16), 0)).toBe(false)
})
