import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isUuidv7 } from '../../core/ids.ts'
import { MessageIds } from './message-id.ts'

const base = 1_764_000_000_123

test('an id is a UUIDv7 and says when it was meant, by whom, and which it is', () => {
  const field = fc.record({
    agent: fc.boolean(),
    intended: fc.double({ min: 0, max: 3_600_000, noNaN: true }),
    generator: fc.nat(255),
    index: fc.nat(2 ** 24 - 1),
    who: fc.nat(65_535),
  })
  fc.assert(
    fc.property(field, fc.nat(0xfff), (sent, run) => {
      const ids = new MessageIds(base, run)
      const text = ids
        .write(sent.agent, sent.intended, sent.generator, sent.index, sent.who)
        .toString('latin1')
      expect(isUuidv7(text)).toBe(true)
      expect(ids.read(Buffer.from(`"${text}"`), 1)).toBe(true)
      const { intended, ...rest } = ids.last
      expect(rest).toEqual({ agent: sent.agent, generator: sent.generator, index: sent.index, who: sent.who })
      expect(Math.abs(intended - sent.intended)).toBeLessThan(0.001)
    }),
    { seed: 7 },
  )
})

test('an id of another run, or of another maker, is not taken for one of this run', () => {
  const bytes = new MessageIds(base, 1).write(false, 5, 0, 0, 0)
  const ids = new MessageIds(base, 2)
  expect(ids.read(bytes, 0)).toBe(false)
  expect(ids.read(Buffer.from('0198c2de-1234-7abc-adef-00000001002a'), 0)).toBe(false)
  expect(ids.read(Buffer.from('short'), 0)).toBe(false)
})
