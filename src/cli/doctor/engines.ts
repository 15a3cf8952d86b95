import { execFile } from 'node:child_process'
import { codeOf } from '../../core/errors.ts'
import type { Texts } from '../i18n/texts.ts'
import type { Finding } from './finding.ts'

type Engine = {
  readonly name: string
  /** Programs that are it, in the order of preference. */
  readonly programs: readonly string[]
  readonly versionArgs: readonly string[]
  readonly neededFor: (texts: Texts['doctor']) => string
}

const engines: readonly Engine[] = [
  {
    name: 'redis-server',
    programs: ['redis-server'],
    versionArgs: ['--version'],
    neededFor: (texts) => texts.needRedis,
  },
  {
    name: 'mariadbd',
    programs: ['mariadbd', '/usr/sbin/mariadbd', 'mysqld'],
    versionArgs: ['--version'],
    neededFor: (texts) => texts.needSql,
  },
  {
    name: 'toxiproxy-server',
    programs: ['toxiproxy-server'],
    versionArgs: ['-version'],
    neededFor: (texts) => texts.needToxiproxy,
  },
  {
    name: 'jaeger',
    programs: ['jaeger-all-in-one', 'jaeger'],
    versionArgs: ['version'],
    neededFor: (texts) => texts.needJaeger,
  },
  { name: 'java', programs: ['java'], versionArgs: ['-version'], neededFor: (texts) => texts.needJava },
  {
    name: 'chromium',
    programs: ['chromium', 'chromium-browser', 'google-chrome'],
    versionArgs: ['--version'],
    neededFor: (texts) => texts.needChromium,
  },
  { name: 'k6', programs: ['k6'], versionArgs: ['version'], neededFor: (texts) => texts.needK6 },
]

const versionWithinMs = 5_000

/** Engines on PATH with their versions. None is needed to run kf: an absent one only tells what goes without it. */
export function engineFindings(texts: Texts['doctor']): Promise<readonly Finding[]> {
  return Promise.all(engines.map((engine) => findEngine(engine, texts)))
}

async function findEngine(engine: Engine, texts: Texts['doctor']): Promise<Finding> {
  const base = { id: `engine_${engine.name.replaceAll('-', '_')}`, what: engine.name }
  for (const program of engine.programs) {
    const output = await versionOf(program, engine.versionArgs)
    if (output === undefined) continue
    const version = /\d+(?:\.\d+){1,3}/.exec(output)?.[0]
    return { ...base, status: 'ok', value: version ?? texts.present }
  }
  return { ...base, status: 'info', value: texts.absent, limits: engine.neededFor(texts) }
}

/** What the program prints about itself, or undefined where there is no such program. */
function versionOf(program: string, args: readonly string[]): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  execFile(
    program,
    [...args],
    { timeout: versionWithinMs, killSignal: 'SIGKILL' },
    (error, stdout, stderr) => {
      const missing = error !== null && (codeOf(error) === 'ENOENT' || codeOf(error) === 'EACCES')
      resolve(missing ? undefined : `${stdout}\n${stderr}`)
    },
  )
  return promise
}
