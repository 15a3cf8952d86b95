import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ENGINES, findProgram } from './engines.ts'
import { provide } from './provide.ts'
import { countLine, failureLines, type TestReport } from './test-count.ts'

/**
 * `npm test [-- PATH … | vitest's options]`: puts the engines in place, builds, runs vitest under this very Node, and
 * ends with the count alone on the last line.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const reportFile = fileURLToPath(new URL('../node_modules/.cache/kf/tests.json', import.meta.url))
const args = process.argv.slice(2)

const provided = provide(
  ENGINES,
  args.filter((argument) => !argument.startsWith('-')),
  {
    canInstall: process.getuid?.() === 0 && findProgram('apt-get') !== undefined,
    canBuild: findProgram('go') !== undefined,
    strict: process.env['CI'] === 'true',
    install: (packages) =>
      run('apt-get', ['update', '-q']) &&
      run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages]),
    build: (tool) => run(process.execPath, ['bin/kf', 'tools', 'install', tool]),
    say: (line) => {
      console.log(line)
    },
  },
)
const built = run(process.execPath, ['scripts/build.ts'])
mkdirSync(dirname(reportFile), { recursive: true })
rmSync(reportFile, { force: true })
const vitest = ['node_modules/vitest/vitest.mjs', 'run']
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
const passed = run(process.execPath, [...vitest, ...reporters, ...args], provided.skips)
for (const line of outcome()) console.log(line)
if (!(provided.ok && built && passed)) process.exitCode = 1

function run(
  program: string,
  programArgs: readonly string[],
  more: Readonly<Record<string, string>> = {},
): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', ...more }
  return spawnSync(program, programArgs, { cwd: root, stdio: 'inherit', env }).status === 0
}

function outcome(): readonly string[] {
  try {
    // The report was written by vitest a moment ago, in its documented shape.
    const report = JSON.parse(readFileSync(reportFile, 'utf8')) as TestReport
    return [...failureLines(report), countLine(report)]
  } catch {
    return ['0 passed, 1 failed']
  }
}
