import { expect, test } from 'vitest'
import { defaultSnapshot } from '../config/assemble.ts'
import { defaultLimits, type LimitsConfig } from './config.ts'

test('without a ratelimit.toml the limits are the defaults that docs/limits.md tells of', () => {
  const ratelimit: LimitsConfig = defaultSnapshot().cluster.ratelimit
  expect(ratelimit).toEqual(defaultLimits)
})
