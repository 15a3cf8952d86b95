import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/**
 * How long `kf serve` takes from its fork to the line that says it is ready, against the bare start of Node in the same run.
 * Fresh processes, the variants by turns, medians: `node bench/coldstart.ts [--runs 15] [--json]`.
 *
 * `first` starts in an absent data folder (site, owner and password are made), `again` in one that was there before.
 * `built` runs dist/, `source` the TypeScript as it is.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '15' }, json: { type: 'boolean', default: false } },
})
const runs = Number(values.runs)
if (!Number.isInteger(runs) || runs < 1)
  throw new Error(`--runs ${values.runs} is not a positive whole number`)
const boundMs = 500

type Variant = { readonly name: string; readonly measure: (folder: string) => Promise<number> }

const variants: readonly Variant[] = [
  { name: 'bare node', measure: bareNode },
  { name: 'built, first', measure: (folder) => serve(join(folder, `first-${performance.now()}`), '1') },
  { name: 'built, again', measure: (folder) => serve(join(folder, 'again'), '1') },
  { name: 'source, again', measure: (folder) => serve(join(folder, 'again'), '0') },
]

if (!existsSync(join(root, 'dist', 'kf.js'))) throw new Error('dist/ is missing: npm run build')
const folder = await mkdtemp(join(root, '.coldstart-'))
const times = new Map<string, number[]>(variants.map(({ name }) => [name, []]))
try {
  // One round that does not count: it fills the disk's cache and the cache of compiled code.
  for (const { measure } of variants) await measure(folder)
  for (let run = 0; run < runs; run++) {
    for (const { name, measure } of variants) times.get(name)?.push(await measure(folder))
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
report()

function report(): void {
  const rows = variants.map(({ name }) => {
    const sorted = (times.get(name) ?? []).toSorted((a, b) => a - b)
    const at = (share: number): number =>
      Math.round(sorted[Math.min(runs - 1, Math.floor(runs * share))] ?? 0)
    return { variant: name, median_ms: at(0.5), min_ms: at(0), max_ms: at(1) }
  })
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    node: process.versions.node,
    load_1m: Number((loadavg()[0] ?? 0).toFixed(2)),
  }
  const built = rows.find((row) => row.variant === 'built, first')?.median_ms ?? Number.POSITIVE_INFINITY
  const met = built <= boundMs
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ runs, bound_ms: boundMs, met, rows, machine })}\n`)
  } else {
    for (const row of rows) {
      const name = row.variant.padEnd(14)
      process.stdout.write(
        `${name} ${String(row.median_ms).padStart(5)} ms   (${row.min_ms}–${row.max_ms})\n`,
      )
    }
    process.stdout.write(
      `${met ? '✓' : '✗'} ready <= ${boundMs} ms (${built} ms)   ${runs} runs, load ${machine.load_1m}\n`,
    )
  }
  process.exitCode = met ? 0 : 5
}

async function bareNode(): Promise<number> {
  const started = performance.now()
  await once(spawn(process.execPath, ['--eval', '0'], { stdio: 'ignore' }), 'exit')
  return performance.now() - started
}

async function serve(data: string, dist: '0' | '1'): Promise<number> {
  const addresses = ['--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0']
  const started = performance.now()
  const child = spawn(
    process.execPath,
    [join(root, 'bin', 'kf'), 'serve', '--json-ready', '--data', data, ...addresses],
    { env: { ...process.env, KF_DIST: dist }, stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const ended = once(child, 'exit')
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown]
  if (!Buffer.isBuffer(line)) throw new Error('kf serve ended before it was ready')
  const took = performance.now() - started
  child.kill('SIGTERM')
  await ended
  return took
}
