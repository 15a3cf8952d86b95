import type { KnipConfig } from 'knip'
import { PROGRAM_ENTRIES } from './scripts/entries.ts'

const config: KnipConfig = {
  entry: [
    ...Object.values(PROGRAM_ENTRIES),
    'src/web/*/main.{ts,tsx}',
    'src/**/fixtures/build.ts',
    'scripts/*.{ts,mjs}',
    'bench/**/*.ts',
    'test/**/*.test.ts',
  ],
  project: ['src/**/*.{ts,tsx}', 'scripts/**/*.{ts,mjs}', 'bench/**/*.ts', 'test/**/*.ts'],
  // The exported types of a contract are its documentation, used or not.
  exclude: ['types'],
  ignoreExportsUsedInFile: true,
  // Programs of the system that tests and the harness start.
  ignoreBinaries: ['mount', 'umount', 'taskset', 'strace'],
  // oxlint starts it by itself for the rules that need types.
  ignoreDependencies: ['oxlint-tsgolint'],
}

export default config
