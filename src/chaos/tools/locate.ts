import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { KfError } from '../../core/errors.ts'
import { runProgram } from './run-program.ts'
import type { Tool } from './tools.ts'

/** The machine as the tools' code sees it. */
export type ToolHost = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** Node's platform and architecture: `linux-x64`. */
  readonly platform: string
}

export type Located = {
  readonly path: string
  readonly where: 'variable' | 'path' | 'cache'
  /** As it says itself; null where it does not. */
  readonly version: string | null
}

const versionWithinMs = 10_000

/** Where tools are put: `$XDG_CACHE_HOME/kf/tools`, else `~/.cache/kf/tools`. */
export function cacheFolder({ env, home }: ToolHost): string {
  const xdg = env['XDG_CACHE_HOME'] ?? ''
  return join(isAbsolute(xdg) ? xdg : join(home, '.cache'), 'kf', 'tools')
}

/** A folder a version, so that an upgrade of kf never uses an older program by mistake. */
export function cachedProgram(tool: Tool, host: ToolHost): string {
  return join(cacheFolder(host), tool.name, tool.version, tool.program)
}

/**
 * Finds a tool: by its variable, then on PATH, then in the cache; undefined when it is nowhere. Throws `tool_variable` when
 * the variable names no program: it was meant, so nothing else is taken in its place.
 */
export async function locate(tool: Tool, host: ToolHost): Promise<Located | undefined> {
  const named = host.env[tool.variable] ?? ''
  if (named !== '') {
    if (!isProgram(named)) {
      throw new KfError('tool_variable', `${tool.variable}=${named}: there is no program that may be run`, {
        hint: `correct ${tool.variable}, or leave it out to look on PATH`,
        params: { variable: tool.variable, path: named },
      })
    }
    return { path: named, where: 'variable', version: await versionOf(named, tool, host) }
  }
  const onPath = findOnPath(tool.program, host.env)
  if (onPath !== undefined)
    return { path: onPath, where: 'path', version: await versionOf(onPath, tool, host) }
  const cached = cachedProgram(tool, host)
  if (!isProgram(cached)) return undefined
  return { path: cached, where: 'cache', version: await versionOf(cached, tool, host) }
}

export function findOnPath(program: string, env: ToolHost['env']): string | undefined {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, program))
    .find(isProgram)
}

/** The first thing like a version in what the program says of itself; null when it says nothing of the kind. */
export async function versionOf(path: string, tool: Tool, { env }: ToolHost): Promise<string | null> {
  const { code, output } = await runProgram(path, tool.versionArgs, { env, withinMs: versionWithinMs })
  return code === 0 ? (/\d+\.\d+\.\d+(?:-[\w.]+)?/.exec(output)?.[0] ?? null) : null
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
