import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { runCli } from '../src/cli/program.ts'
import type { EffectiveAnswer } from '../src/server/entry.ts'
import { type Bench, type Claim, type Figures, median, rounded, series } from './support/claim.ts'
import { connectIdle } from './support/idle.ts'
import { fromBuild, type Server, startKf } from './support/kf.ts'
import { runKfBench } from './support/kf-bench.ts'

/**
 * Fifty applies in a row while visitors talk: each touches hot keys, a third is invalid, and ten are pairs, made from the same revision
 * by two `kf config apply` at once, of which one must exit with 3. What is timed is from the request to the answer, which comes when
 * every process said that it has the revision in effect; after each, every process is asked anew for the hash of what it holds.
 */
export const configApply: Claim = {
  name: 'config-apply',
  title: 'a change of the configuration, from the request to its effect in all processes, under open load',
  unit: 'ms at the median',
  rounds: 3,
  warmUps: 0,
  needsBuild: true,
  variants: () => ['kf'],
  sample,
  conclude: (rounds) => {
    const samples = series(rounds, 'kf', 'median_ms')
    const sum = (name: string): number => series(rounds, 'kf', name).reduce((total, one) => total + one, 0)
    const most = (name: string): number => Math.max(...series(rounds, 'kf', name))
    return {
      ratio: median(samples),
      samples,
      figures: {
        p90_ms: rounded(median(series(rounds, 'kf', 'p90_ms'))),
        accepted: sum('accepted'),
        invalid_refused: sum('invalid_refused'),
        conflicts: sum('conflicts'),
        applying_s: rounded(most('applying_s')),
        sockets: median(series(rounds, 'kf', 'sockets')),
        messages_per_s: Math.round(median(series(rounds, 'kf', 'messages_per_s'))),
      },
      bounds: [
        { what: 'ms at the median', value: median(samples), op: '<=', bound: 100 },
        { what: 'sockets that were closed', value: most('closed'), op: '<=', bound: 0 },
        { what: 'sends that failed or were lost', value: most('errors'), op: '<=', bound: 0 },
        { what: 'answers other than expected', value: most('unexpected'), op: '<=', bound: 0 },
        { what: 'revisions not the same everywhere', value: most('not_everywhere'), op: '<=', bound: 0 },
        {
          what: 's of applies, all within the load',
          value: most('applying_s'),
          op: '<=',
          bound: loadSeconds,
        },
      ],
      invalid:
        rounds.flatMap(({ kf }) => kf?.['invalid'] ?? []).find((why) => typeof why === 'string') ?? null,
    }
  },
}

const applies = 50
const pairs = 10
const pauseMs = 200
const loadSeconds = 60
const watchers = 100

async function sample(_: string, bench: Bench): Promise<Figures> {
  const { quick, sockets: asked } = bench.options
  const sockets = asked?.[0] ?? (quick ? 200 : 5_000)
  const server = await startKf(bench, fromBuild, {
    visitors: sockets + watchers,
    agents: Math.ceil(sockets / 50),
    workers: 2,
  })
  const idle = await connectIdle(server, watchers, true)
  bench.defer(idle.close)
  const out = join(bench.folder(), 'reports')
  let done: Applied | undefined
  await runKfBench(
    bench,
    [
      ...['--target', server.url, '--data', server.dataFolder, '--concurrency', String(sockets)],
      ...['--duration', String(loadSeconds), '--warmup', '3', '--out', out],
    ],
    {
      measuring: async () => {
        done = await applyAll(server, bench.folder())
      },
    },
  )
  if (done === undefined) throw new Error('kf bench never said that it was measuring')
  const sorted = done.times.toSorted((a, b) => a - b)
  const row = rowOf(out)
  return {
    sockets,
    median_ms: median(sorted),
    p90_ms: sorted[Math.floor(sorted.length * 0.9)] ?? null,
    accepted: done.times.length + done.conflicts,
    invalid_refused: done.invalid,
    conflicts: done.conflicts,
    unexpected: done.unexpected,
    not_everywhere: done.notEverywhere,
    applying_s: done.seconds,
    closed: watchers - idle.connected() + row.reconnects,
    errors: row.errors + row.lost,
    messages_per_s: row.messages_per_s ?? 0,
    invalid: row.invalid_reason,
  }
}

type Applied = {
  readonly times: readonly number[]
  readonly invalid: number
  readonly conflicts: number
  readonly unexpected: number
  readonly notEverywhere: number
  readonly seconds: number
}

async function applyAll({ dataFolder }: Server, folder: string): Promise<Applied> {
  const socketPath = join(dataFolder, 'admin.sock')
  const times: number[] = []
  const began = performance.now()
  const first = await liveIn(socketPath)
  let [invalid, conflicts, unexpected, notEverywhere] = [0, 0, 0, 0]
  for (const [n, kind] of schedule().entries()) {
    if (kind === 'invalid') {
      const { status } = await push(socketPath, brokenBy(n))
      if (status === 422) invalid += 1
      else unexpected += 1
    } else if (kind === 'pair') {
      if (await conflictOf(n, dataFolder, folder)) conflicts += 1
      else unexpected += 1
    } else {
      const asked = performance.now()
      const { status } = await push(socketPath, changeOf(n))
      times.push(performance.now() - asked)
      if (status !== 200) unexpected += 1
    }
    if (!(await isEverywhere(socketPath, first + times.length + conflicts))) notEverywhere += 1
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  const seconds = (performance.now() - began) / 1_000
  return { times, invalid, conflicts, unexpected, notEverywhere, seconds }
}

type Kind = 'single' | 'pair' | 'invalid'

/** Every third is invalid, and the pairs are spread evenly over the others. */
function schedule(): readonly Kind[] {
  const valid = applies - Math.floor(applies / 3)
  let place = 0
  return Array.from({ length: applies }, (_, n) => {
    if (n % 3 === 2) return 'invalid'
    place += 1
    return Math.floor((place * pairs) / valid) > Math.floor(((place - 1) * pairs) / valid) ? 'pair' : 'single'
  })
}

/** Two `kf config apply` that both have shown their difference before either goes on: true when one exits with 0, the other with 3. */
async function conflictOf(n: number, data: string, folder: string): Promise<boolean> {
  const both = Promise.withResolvers<undefined>()
  let asked = 0
  const ask = async (): Promise<string> => {
    asked += 1
    if (asked === 2) both.resolve(undefined)
    await both.promise
    return 'y'
  }
  const codes = await Promise.all(
    [n, n + 100].map(async (change) => {
      const cwd = join(folder, String(change))
      mkdirSync(join(cwd, 'configs'), { recursive: true })
      for (const [name, text] of Object.entries(changeOf(change)))
        writeFileSync(join(cwd, 'configs', name), text)
      return await kfConfigApply(cwd, data, ask)
    }),
  )
  return codes.toSorted((a, b) => a - b).join() === '0,3'
}

/** In this process: another one's start would take the cores that are measured. */
function kfConfigApply(cwd: string, data: string, ask: () => Promise<string>): Promise<number> {
  const silent = { write: () => undefined, isTerminal: false, columns: 80 }
  return runCli({
    argv: ['config', 'apply', '--data', data],
    env: {},
    cwd,
    out: silent,
    err: silent,
    sinceStartMs: () => performance.now(),
    onSignal: () => () => undefined,
    onInputEnd: () => () => undefined,
    ask,
    node: { version: process.versions.node, path: process.execPath },
    cores: 1,
  })
}

type Files = Readonly<Record<string, string>>

/** Hot keys of both files, other values each time. */
function changeOf(n: number): Files {
  return {
    'server.toml': `[heartbeat]\nevery = "${20_000 + n}ms"\n[limits]\noutbox = "${256 + n}KiB"\n`,
    'ratelimit.toml': `[visitor.messages]\nburst = ${30 + n}\n[penalty]\nmax_wait = "${60 + n}s"\n`,
  }
}

/** A value, a key and a rule by turns. */
function brokenBy(n: number): Files {
  const texts = [
    '[heartbeat]\nevery = "soon"\n',
    '[heartbeat]\nevry = "20s"\n',
    '[limits]\noutbox = "16KiB"\n',
  ]
  return { ...changeOf(n), 'server.toml': texts[Math.floor(n / 3) % texts.length] ?? '' }
}

/** Every process holds the values of that revision: by its own word, not by what it answered to the commit. */
async function isEverywhere(socketPath: string, revision: number): Promise<boolean> {
  const { body } = await ask(socketPath, 'GET', '/admin/config/effective')
  const effective = body as EffectiveAnswer
  return (
    effective.revision === revision &&
    effective.processes.length === 3 &&
    effective.processes.every((process) => 'hash' in process && process.hash === effective.hash)
  )
}

async function liveIn(socketPath: string): Promise<number> {
  const { body } = await ask(socketPath, 'GET', '/admin/config/effective')
  return (body as EffectiveAnswer).revision
}

function push(socketPath: string, files: Files): Promise<Answer> {
  return ask(socketPath, 'PUT', '/admin/config', { ifMatch: '*', body: { files } })
}

type Answer = { readonly status: number; readonly body: unknown }

function ask(
  socketPath: string,
  method: string,
  path: string,
  { body, ifMatch }: { readonly body?: unknown; readonly ifMatch?: string } = {},
): Promise<Answer> {
  const headers = {
    host: 'localhost',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
  }
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const outgoing = request({ socketPath, method, path, headers }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    response.on('end', () => {
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown })
    })
  })
  outgoing.on('error', reject)
  outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  return promise
}

type Row = {
  readonly errors: number
  readonly lost: number
  readonly messages_per_s: number | null
  readonly invalid_reason: string | null
  /** Of all visitors and agents. */
  readonly reconnects: number
}

function rowOf(out: string): Row {
  const [folder] = readdirSync(out)
  // Written by `kf bench` a moment ago, in its documented shape.
  const details = JSON.parse(readFileSync(join(out, folder ?? '', 'details.json'), 'utf8')) as {
    readonly rows: readonly {
      readonly target: { readonly row: Omit<Row, 'reconnects'>; readonly visits: Pick<Row, 'reconnects'> }
    }[]
  }
  const [first] = details.rows
  if (first === undefined) throw new Error(`${out} has a report without a row`)
  return { ...first.target.row, reconnects: first.target.visits.reconnects }
}
