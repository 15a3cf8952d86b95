import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { claims } from './claims.ts'
import type { Options } from './support/claim.ts'
import { root } from './support/root.ts'

/** `node bench/sample.ts CLAIM VARIANT OPTIONS`: one sample in this process; its figures are the only line it prints. */
const [name = '', variant = '', options = '{}'] = process.argv.slice(2)
const cleanups: (() => unknown)[] = []
const clean = async (): Promise<void> => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void clean().finally(() => process.exit(130))
  })
}

const claim = await claims[name]?.()
if (claim === undefined) throw new Error(`no claim is called ${name}`)
try {
  const figures = await claim.sample(variant, {
    // Written by run.ts, of this very version.
    options: JSON.parse(options) as Options,
    defer: (cleanup) => cleanups.push(cleanup),
    folder: () => {
      const folder = mkdtempSync(join(root, '.bench-'))
      cleanups.push(() => {
        rmSync(folder, { recursive: true, force: true })
      })
      return folder
    },
  })
  process.stdout.write(`${JSON.stringify(figures)}\n`)
} finally {
  await clean()
}
// What a claim left open, such as a socket to a server that is gone, is no reason to stay.
process.exit()
