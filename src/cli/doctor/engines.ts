import { execFile } from 'node:child_process'
import { locate, type ToolHost } from '../../chaos/tools/locate.ts'
import { type Tool, toolNamed } from '../../chaos/tools/tools.ts'
import { codeOf, messageOf } from '../../core/errors.ts'
import type { Texts } from '../i18n/texts.ts'
import type { Finding } from './finding.ts'

type Engine = {
  readonly name: string
  /** Programs that are it, in the order of preference. */
  readonly programs: readonly string[]
  readonly versionArgs: readonly string[]
  readonly neededFor: (texts: Texts['doctor']) => string
  /** One that `kf tools` finds and installs. */
  readonly tool?: Tool
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
    tool: toolNamed('toxiproxy'),
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
  {
    name: 'k6',
    programs: ['k6'],
    versionArgs: ['version'],
    neededFor: (texts) => texts.needK6,
    tool: toolNamed('k6'),
  },
]

const versionWithinMs = 5_000

/**
 * Engines on PATH, and tools wherever `kf tools` finds them, with their versions. None is needed to run kf: an absent one only
 * tells what goes without it.
 */
export function engineFindings(texts: Texts['doctor'], host: ToolHost): Promise<readonly Finding[]> {
  return Promise.all(engines.map((engine) => findEngine(engine, texts, host)))
}

async function findEngine(engine: Engine, texts: Texts['doctor'], host: ToolHost): Promise<Finding> {
  const base = { id: `engine_${engine.name.replaceAll('-', '_')}`, what: engine.name }
  const { tool } = engine
  if (tool !== undefined) {
    const limits = engine.neededFor(texts)
    try {
      const located = await locate(tool, host)
      if (located !== undefined) return { ...base, status: 'ok', value: located.version ?? texts.present }
    } catch (error) {
      return { ...base, status: 'warn', value: messageOf(error), limits }
    }
    return { ...base, status: 'info', value: texts.absent, limits, fix: `kf tools install ${tool.name}` }
  }
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
