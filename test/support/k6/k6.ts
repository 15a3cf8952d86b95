import { readFileSync, writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { shim } from './runtime.ts'
import { summaryOf } from './summary.ts'

/**
 * Stands for the program `k6` where the real one is not: `k6 run` executes a script under a shim of the API it uses, each VU
 * a copy of the script of its own, on one event loop. It writes what handleSummary returns and exits with k6's codes: 99 for a
 * threshold crossed, 105 when interrupted, 107 for an exception.
 */
type Executor = {
  readonly exec: string
  readonly vus: number
  readonly iterations: number
  readonly maxDuration: string
}

type Script = Readonly<Record<string, unknown>> & {
  readonly options: {
    readonly scenarios: Readonly<Record<string, Executor>>
    readonly thresholds: Readonly<Record<string, readonly string[]>>
    readonly summaryTrendStats: readonly string[]
  }
  readonly setup: () => unknown
  readonly handleSummary: (data: unknown) => Readonly<Record<string, string>>
}

const [command, ...rest] = process.argv.slice(2)
if (command === 'version') console.log('k6 v1.7.1 (shim of kf tests)')
else if (command === 'run') await run(rest)
else process.exit(255)

async function run(args: readonly string[]): Promise<void> {
  const { file, env } = read(args)
  const folder = dirname(file)
  let loading = true
  Object.assign(globalThis, {
    __ENV: { ...process.env, ...env },
    open: (path: string) => {
      if (!loading) throw new Error('the "open()" function is only available in the init stage')
      return readFileSync(resolve(folder, path), 'utf8')
    },
  })
  console.log = (...words: unknown[]) => process.stderr.write(`${words.join(' ')}\n`)
  process.on('uncaughtException', (error) => {
    process.stderr.write(`level=error msg="Uncaught (in promise) ${String(error.stack)}"\n`)
    process.exit(107)
  })
  registerHooks({
    resolve: (specifier, context, next) => {
      if (!specifier.startsWith('k6/')) return next(specifier, context)
      const vu = new URL(context.parentURL ?? 'file:///').searchParams.get('vu') ?? ''
      const url = new URL(`./${specifier.slice('k6/'.length)}.ts?vu=${vu}`, import.meta.url)
      return { url: url.href, shortCircuit: true }
    },
  })
  const load = async (vu: string): Promise<Script> =>
    (await import(`${pathToFileURL(file).href}?vu=${vu}`)) as Script
  const state = shim()
  const main = await load('setup')
  const { scenarios } = main.options
  const vus: { script: Script; executor: Executor }[] = []
  for (const [name, executor] of Object.entries(scenarios)) {
    for (let n = 0; n < executor.vus; n++) {
      const vu = `${name}-${n}`
      vus.push({ script: await load(vu), executor })
      state.scenarios.set(vu, { name, iterationInTest: n })
    }
  }
  loading = false
  state.scenarios.set('setup', { name: 'setup', iterationInTest: 0 })
  const data: unknown = JSON.parse(JSON.stringify(main.setup()))
  const finish = (code: number): void => {
    const { data: summary, passed } = summaryOf(state, main.options)
    for (const [path, text] of Object.entries(main.handleSummary(summary))) {
      if (path === 'stdout') process.stdout.write(text)
      else writeFileSync(resolve(path), text)
    }
    process.exit(code === 0 && !passed ? 99 : code)
  }
  process.once('SIGINT', () => {
    finish(105)
  })
  // A VU is done when its timers and sockets are; the process has nothing else that keeps it.
  process.once('beforeExit', () => {
    finish(0)
  })
  for (const { script, executor } of vus) {
    const iterate = script[executor.exec]
    if (typeof iterate !== 'function') throw new Error(`function '${executor.exec}' not found in exports`)
    iterate(data)
  }
  const longest = Math.max(...vus.map(({ executor }) => Number.parseFloat(executor.maxDuration)))
  setTimeout(() => {
    for (const socket of state.sockets) socket.terminate()
    finish(0)
  }, longest * 1_000).unref()
}

function read(args: readonly string[]): {
  readonly file: string
  readonly env: Readonly<Record<string, string>>
} {
  const env: Record<string, string> = {}
  let file = ''
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    if (arg === '-e' || arg === '--env') {
      const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(args[++i] ?? '') ?? []
      env[name] = value
    } else if (arg === '--log-format') i++
    else if (!arg.startsWith('-')) file = resolve(arg)
  }
  return { file, env }
}
