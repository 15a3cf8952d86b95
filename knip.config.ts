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
    // Stands for the program k6, started by its path; it loads the rest under k6's names.
    'test/support/k6/*.ts',
  ],
  project: ['src/**/*.{ts,tsx}', 'scripts/**/*.{ts,mjs}', 'bench/**/*.ts', 'test/**/*.ts'],
  // The exported types of a contract are its documentation, used or not.
  exclude: ['types'],
  ignoreExportsUsedInFile: true,
  // Programs of the system that tests and the harness start.
  ignoreBinaries: ['mount', 'umount', 'taskset', 'strace', 'script'],
  // oxlint starts the first by itself for the rules that need types; the second is in k6's script, and is k6 itself.
  ignoreDependencies: ['oxlint-tsgolint', 'k6'],
}

export default config
