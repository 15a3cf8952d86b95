import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** `npm run check`: everything that reads the source without running it. All steps run; the failed ones are named last. */
const STEPS = ['types', 'lint', 'format', 'imports', 'unused'] as const

const cwd = fileURLToPath(new URL('..', import.meta.url))
const failed = STEPS.filter((step) => {
  console.log(`\n-- ${step}: npm run check:${step}`)
  return spawnSync('npm', ['run', '--silent', `check:${step}`], { cwd, stdio: 'inherit' }).status !== 0
})
console.log(failed.length > 0 ? `\ncheck: FAILED: ${failed.join(', ')}` : '\ncheck: all passed')
if (failed.length > 0) process.exitCode = 1
