// NOTE: npm runs this in every `npm ci`, perhaps under an old Node or without esbuild: it must say so, never fail there.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { fits } from '../bin/launch.mjs'

// NOTE: `npx kf` in a checkout links it into npm's cache and prepares it once more. If that failed, npm would keep the
// half-made link and refuse every later `npx kf` there; and a checkout runs its source, so there is nothing to prepare.
if (process.env.npm_command !== 'exec') prepare()

function prepare() {
  const problem = whyNot()
  if (problem === undefined) {
    import('./build.ts').catch((error) => {
      console.error(error)
      process.exitCode = 1
    })
  } else if (existsSync(fileURLToPath(new URL('../dist/kf.js', import.meta.url)))) {
    console.log(`kf: ${problem}; the build in dist/ stays as it is`)
  } else {
    console.log(`kf: ${problem}, and there is no dist/ yet`)
    console.log(
      'kf: fix: `npm ci` with development and optional dependencies, under Node 26 (on Linux x64 it comes along)',
    )
  }
}

function whyNot() {
  if (!fits(process.version)) return `Node ${process.version.slice(1)} cannot run the build`
  try {
    createRequire(import.meta.url).resolve('esbuild')
    return undefined
  } catch {
    return 'esbuild is not installed (development dependencies were left out)'
  }
}
