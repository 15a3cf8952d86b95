import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** `npm run check`: everything that reads the source without running it. All steps run; the failed ones are named last. */
const STEPS: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-p', '.'] },
  { name: 'lint', args: ['node_modules/oxlint/bin/oxlint', '--deny-warnings'] },
  { name: 'format', args: ['node_modules/@biomejs/biome/bin/biome', 'ci', '--error-on-warnings'] },
  { name: 'imports', args: ['scripts/check-imports.ts'] },
  { name: 'unused code', args: ['node_modules/knip/bin/knip.js', '--treat-config-hints-as-errors=false'] },
]

const cwd = fileURLToPath(new URL('..', import.meta.url))
const failed = STEPS.filter(({ name, args }) => {
  console.log(`\n-- ${name}`)
  return spawnSync(process.execPath, args, { cwd, stdio: 'inherit' }).status !== 0
})
if (failed.length > 0) {
  console.log(`\ncheck: FAILED: ${failed.map(({ name }) => name).join(', ')}`)
  process.exitCode = 1
} else {
  console.log('\ncheck: all passed')
}
