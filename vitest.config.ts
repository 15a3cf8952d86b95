import { defineConfig } from 'vitest/config'
import { ENGINES } from './scripts/engines.ts'

const leftOut = ENGINES.filter(({ skipVariable }) => process.env[skipVariable] !== undefined).flatMap(
  ({ neededBy }) => neededBy.map((path) => `${path}**`),
)

/**
 * Two projects: `unit` (beside the source, quick) and `e2e` (whole processes, one file at a time: they own ports,
 * browsers and both cores). Every deadline is far beyond need: a disk may take a second for a sync. Forks, so that a test may be killed and every child is the Node that runs vitest.
 */
export default defineConfig({
  test: {
    teardownTimeout: 30_000,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
          exclude: leftOut,
          environment: 'node',
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/**/*.test.ts'],
          exclude: leftOut,
          environment: 'node',
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
