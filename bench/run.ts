import { spawn, spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { machineFacts } from '../src/chaos/load/machine.ts'
import { trustBounds } from '../src/chaos/report/judge.ts'
import { exitCodeOf, exitCodes } from '../src/cli/exit-codes.ts'
import { packageVersion } from '../src/cli/version.ts'
import { KfError } from '../src/core/errors.ts'
import { claims } from './claims.ts'
import { type Arguments, readArguments } from './support/arguments.ts'
import { type Claim, type Conclusion, type Figures, isMet, type Round, rounded } from './support/claim.ts'
import { root } from './support/root.ts'
import { watchStrangers } from './support/strangers.ts'
import { writePages } from './write-page.ts'

/**
 * `npm run bench -- NAME|all [--json] [--repeat N] [--sockets N,…] [--seconds S] [--quick] [--out DIR]`: measures a claim.
 * With `--json` the last line is one object; every result is written to `reports/NAME.json`, but for `--quick` ones.
 * Exit codes: 0 every bound met · 5 a bound missed · 6 no measurement · 130 interrupted.
 */
const sampleEntry = fileURLToPath(new URL('./sample.ts', import.meta.url))
const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

try {
  process.exitCode = await main(readArguments(process.argv.slice(2), Object.keys(claims)))
} catch (error) {
  if (!(error instanceof KfError)) throw error
  say(`bench: ${error.message}`)
  if (error.hint !== undefined) say(`bench: fix: ${error.hint}`)
  process.exitCode = exitCodeOf(error)
}

async function main(args: Arguments): Promise<number> {
  const chosen = await Promise.all(args.names.flatMap((name) => claims[name]?.() ?? []))
  // A build older than the source would be measured in its place.
  if (chosen.some((claim) => claim.needsBuild)) build()
  const results: Result[] = []
  const failed: Failure[] = []
  for (const claim of chosen) {
    try {
      results.push(await measured(claim, args))
    } catch (error) {
      // The others have a right to be measured all the same.
      if (!args.all || !(error instanceof KfError) || error.code !== 'bench') throw error
      say(`bench: ${error.message}`)
      failed.push({ name: claim.name, error: error.message })
    }
  }
  if (args.all && args.json) process.stdout.write(`${JSON.stringify(summaryOf(results, failed))}\n`)
  if (failed.length > 0) return exitCodes.failed
  if (results.some((result) => !result.valid)) return exitCodes.invalid
  return results.every((result) => result.met) ? exitCodes.done : exitCodes.violated
}

type Result = ReturnType<typeof resultOf>
type Failure = { readonly name: string; readonly error: string }

async function measured(claim: Claim, args: Arguments): Promise<Result> {
  const startedAt = new Date()
  const load = loadavg()[0] ?? 0
  const strangers = watchStrangers()
  const rounds: Round[] = []
  const count = args.repeat ?? (args.options.quick ? 1 : claim.rounds)
  const warmUps = args.options.quick ? 0 : claim.warmUps
  say(`bench: ${claim.name}: ${claim.title}`)
  for (let round = -warmUps; round < count; round++) {
    const figures = await oneRound(claim, args)
    if (round >= 0) rounds.push(figures)
  }
  const result = resultOf(claim, args, claim.conclude(rounds, args.options), {
    startedAt,
    load,
    otherCores: strangers.cores(),
  })
  if (args.out !== undefined) {
    await mkdir(args.out, { recursive: true })
    await writeFile(
      join(args.out, `${claim.name}.json`),
      `${JSON.stringify({ ...result, rounds }, null, 2)}\n`,
    )
  }
  // The pages say what reports/ says, always.
  if (args.out !== undefined && resolve(args.out) === join(root, 'reports')) writePages()
  show(result, args)
  return result
}

function build(): void {
  const built = spawnSync(process.execPath, ['scripts/build.ts'], { cwd: root, stdio: ['ignore', 2, 2] })
  if (built.status !== 0)
    throw new KfError('bench', 'dist/ could not be built; what was said above tells why')
}

async function oneRound(claim: Claim, args: Arguments): Promise<Round> {
  const figures: [string, Figures][] = []
  for (const variant of claim.variants(args.options)) {
    figures.push([variant, await inFreshProcess(claim.name, variant, args)])
  }
  return Object.fromEntries(figures)
}

function inFreshProcess(name: string, variant: string, { options }: Arguments): Promise<Figures> {
  const child = spawn(process.execPath, [sampleEntry, name, variant, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // A terminal tells the whole group; a signal to this process alone must reach the sample, which cleans up.
  const passOn = (): void => {
    child.kill('SIGTERM')
  }
  process.once('SIGTERM', passOn)
  process.once('SIGINT', passOn)
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      process.off('SIGTERM', passOn)
      process.off('SIGINT', passOn)
      const line = out.trim().split('\n').at(-1) ?? ''
      if (code === 0 && line.startsWith('{')) {
        // Written by sample.ts.
        resolve(JSON.parse(line) as Figures)
        return
      }
      const interrupted = code === exitCodes.interrupted
      reject(
        new KfError(
          interrupted ? 'interrupted' : 'bench',
          interrupted
            ? 'interrupted'
            : `${name}, ${variant}: the sample ended with ${signal ?? `exit ${code ?? 0}`}`,
        ),
      )
    })
  })
}

type Run = { readonly startedAt: Date; readonly load: number; readonly otherCores: number }

function resultOf(claim: Claim, args: Arguments, conclusion: Conclusion, run: Run) {
  const { ratio, samples, figures, bounds } = conclusion
  const invalid =
    conclusion.invalid ?? (args.options.quick || claim.timed === false ? null : strangersIn(run))
  return {
    name: claim.name,
    ratio: rounded(ratio),
    unit: claim.unit,
    samples: samples.map((sample) => rounded(sample)),
    ...figures,
    bounds: bounds.map((bound) => ({ ...bound, value: rounded(bound.value, 4), met: isMet(bound) })),
    met: bounds.every(isMet),
    valid: invalid === null,
    invalid_reason: invalid,
    quick: args.options.quick,
    machine: {
      ...machineFacts(),
      usable_cores: availableParallelism(),
      load_1m: rounded(run.load),
      other_cores: rounded(run.otherCores),
    },
    versions: { kf: packageVersion(), node: process.versions.node },
    command: `npm run bench -- ${[claim.name, ...flagsOf(args)].join(' ')}`,
    started_at: run.startedAt.toISOString(),
    duration_s: Math.round((Date.now() - run.startedAt.getTime()) / 1000),
  }
}

function strangersIn({ otherCores }: Run): string | null {
  const bound = trustBounds.otherCores
  return otherCores > bound
    ? `other processes kept ${otherCores.toFixed(2)} cores busy (bound ${bound.toFixed(2)})`
    : null
}

function flagsOf({ json, repeat, options }: Arguments): readonly string[] {
  return [
    ...(json ? ['--json'] : []),
    ...(repeat === undefined ? [] : ['--repeat', String(repeat)]),
    ...(options.sockets === undefined ? [] : ['--sockets', options.sockets.join(',')]),
    ...(options.seconds === undefined ? [] : ['--seconds', String(options.seconds)]),
    ...(options.quick ? ['--quick'] : []),
  ]
}

function show(result: Result, args: Arguments): void {
  if (args.json) {
    process.stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  process.stdout.write(`${result.name}: ${result.ratio} (${result.unit})\n`)
  for (const { what, value, op, bound, met } of result.bounds) {
    process.stdout.write(`${met ? '✓' : '✗'} ${what} ${op} ${bound} (${value})\n`)
  }
  if (result.invalid_reason !== null) process.stdout.write(`INVALID: ${result.invalid_reason}\n`)
}

function summaryOf(results: readonly Result[], failed: readonly Failure[]) {
  return {
    name: 'all',
    failed,
    met: failed.length === 0 && results.every((result) => result.met),
    valid: results.every((result) => result.valid),
    claims: results.map(({ name, ratio, met, valid, bounds }) => ({ name, ratio, met, valid, bounds })),
  }
}
