import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { type Bench, type Claim, type Figures, median, rounded, series } from './support/claim.ts'
import { connectIdle } from './support/idle.ts'
import { fromBuild, type Server, startKf } from './support/kf.ts'
import { runKfBench } from './support/kf-bench.ts'

/**
 * Fifty applies in a row while visitors talk: each touches hot keys, a third is invalid, and before each fifth two are sent at once
 * from the same revision. From the request to the answer, which comes when every process said that it has the revision in effect.
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
        sockets: median(series(rounds, 'kf', 'sockets')),
        messages_per_s: Math.round(median(series(rounds, 'kf', 'messages_per_s'))),
      },
      bounds: [
        { what: 'ms at the median', value: median(samples), op: '<=', bound: 100 },
        { what: 'sockets that were closed', value: most('closed'), op: '<=', bound: 0 },
        { what: 'sends that failed', value: most('errors'), op: '<=', bound: 0 },
        { what: 'answers other than expected', value: most('unexpected'), op: '<=', bound: 0 },
        { what: 'revisions not the same everywhere', value: most('not_everywhere'), op: '<=', bound: 0 },
      ],
      invalid: null,
    }
  },
}

const applies = 50
const pauseMs = 200
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
      ...['--duration', '30', '--warmup', '3', '--out', out],
    ],
    {
      measuring: async () => {
        done = await applyAll(server)
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
    accepted: done.times.length,
    invalid_refused: done.invalid,
    conflicts: done.conflicts,
    unexpected: done.unexpected,
    not_everywhere: done.notEverywhere,
    closed: watchers - idle.connected(),
    errors: row.errors,
    messages_per_s: row.messages_per_s ?? 0,
  }
}

type Applied = {
  readonly times: readonly number[]
  readonly invalid: number
  readonly conflicts: number
  readonly unexpected: number
  readonly notEverywhere: number
}

async function applyAll({ dataFolder }: Server): Promise<Applied> {
  const socketPath = join(dataFolder, 'admin.sock')
  const times: number[] = []
  let [invalid, conflicts, unexpected, notEverywhere] = [0, 0, 0, 0]
  const judge = (answer: Answer, wanted: number): boolean => {
    if (answer.status !== wanted) unexpected += 1
    return answer.status === wanted
  }
  for (let n = 0; n < applies; n++) {
    if (n % 3 === 2) {
      if (judge(await push(socketPath, '[heartbeat]\nevery = "soon"\n', '*'), 422)) invalid += 1
    } else if (n % 5 === 0) {
      const { etag } = await ask(socketPath, 'GET', '/admin/config')
      const pair = await Promise.all([
        push(socketPath, changeOf(n), etag),
        push(socketPath, changeOf(n + 100), etag),
      ])
      const statuses = pair.map(({ status }) => status).toSorted((a, b) => a - b)
      if (statuses[0] === 200 && statuses[1] === 412) conflicts += 1
      else unexpected += 1
    } else {
      const began = performance.now()
      const answer = await push(socketPath, changeOf(n), '*')
      times.push(performance.now() - began)
      if (judge(answer, 200) && !isEverywhere(answer.body)) notEverywhere += 1
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  return { times, invalid, conflicts, unexpected, notEverywhere }
}

/** A hot key, another value each time. */
function changeOf(n: number): string {
  return `[heartbeat]\nevery = "${20_000 + n}ms"\n`
}

function isEverywhere(body: unknown): boolean {
  const { behind } = body as { readonly behind?: readonly string[] }
  return behind?.length === 0
}

function push(socketPath: string, text: string, ifMatch: string): Promise<Answer> {
  return ask(socketPath, 'PUT', '/admin/config', { ifMatch, body: { files: { 'server.toml': text } } })
}

type Answer = { readonly status: number; readonly etag: string; readonly body: unknown }

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
      const { statusCode: status = 0, headers: told } = response
      resolve({ status, etag: told.etag ?? '', body: JSON.parse(text) as unknown })
    })
  })
  outgoing.on('error', reject)
  outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  return promise
}

type Row = { readonly errors: number; readonly messages_per_s: number | null }

function rowOf(out: string): Row {
  const [folder] = readdirSync(out)
  // Written by `kf bench` a moment ago, in its documented shape.
  const details = JSON.parse(readFileSync(join(out, folder ?? '', 'details.json'), 'utf8')) as {
    readonly rows: readonly { readonly target: { readonly row: Row } }[]
  }
  const [first] = details.rows
  if (first === undefined) throw new Error(`${out} has a report without a row`)
  return first.target.row
}
